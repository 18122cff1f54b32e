namespace Broker.Client.Testing;

/// <summary>
/// The consumers of a queue: which of them the next message is for. Higher priorities come first, and within one they
/// take turns. A classic queue finds out that a consumer has no credit when its turn comes, and lets it wait at the end
/// after that; a quorum queue takes it out at once, so that turns differ.
/// </summary>
internal sealed class ConsumerRing(bool isQuorum, bool isSingle, bool preempts)
{
    private readonly List<Subscription> _all = [];
    private readonly List<Subscription> _turns = [];
    private Subscription? _active;

    public int Count => _all.Count;

    /// <summary>Without the standbys of a single active one.</summary>
    public int ActiveCount => isSingle ? Math.Min(1, _all.Count) : _all.Count;

    public Subscription[] All => [.. _all];

    public bool HasExclusive => _all.Exists(static subscription => subscription.Exclusive);

    /// <summary>Whether the consumer is one that gets messages, and not the standby of a single active one.</summary>
    public bool IsActive(Subscription subscription) => !isSingle || subscription == _active;

    public void Add(Subscription subscription)
    {
        _all.Add(subscription);
        EnterTurns(subscription);
        if (isSingle) _active ??= subscription;
    }

    public bool Remove(Subscription subscription)
    {
        if (!_all.Remove(subscription)) return false;

        _turns.Remove(subscription);
        if (_active == subscription) _active = Heir();
        return true;
    }

    public Subscription[] Clear()
    {
        var all = All;
        _all.Clear();
        _turns.Clear();
        _active = null;
        return all;
    }

    /// <summary>Those that have credit again stand in line again.</summary>
    public void Refresh()
    {
        foreach (var subscription in _all)
        {
            if (!_turns.Contains(subscription) && subscription.HasCredit) EnterTurns(subscription);
        }

        if (isSingle && preempts) Preempt();
    }

    /// <summary>The one that the next message goes to, or null where none has credit.</summary>
    public Subscription? Next()
    {
        if (isSingle) return _active is { HasCredit: true } ? _active : null;

        while (_turns.Count > 0)
        {
            var candidate = _turns[0];
            _turns.RemoveAt(0);
            if (!candidate.HasCredit) continue;
            if (!isQuorum) EnterTurns(candidate);
            return candidate;
        }

        return null;
    }

    /// <summary>The message was handed over, and counts against the credit.</summary>
    public void Handed(Subscription subscription)
    {
        if (isQuorum && !isSingle && subscription.HasCredit) EnterTurns(subscription);
    }

    private void EnterTurns(Subscription subscription)
    {
        var at = _turns.FindIndex(other => other.Priority < subscription.Priority);
        _turns.Insert(at < 0 ? _turns.Count : at, subscription);
    }

    private Subscription? Heir() => _all.Count == 0 ? null : _all.MaxBy(static subscription => subscription.Priority);

    // Only when the active one has nothing left to settle: until then it stays the active one.
    private void Preempt()
    {
        if (_active is not { Outstanding: 0 } active || Heir() is not { } heir) return;
        if (heir.Priority > active.Priority) _active = heir;
    }
}
