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
    private bool _quiescing;

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
        Elect();
    }

    public bool Remove(Subscription subscription)
    {
        if (!_all.Remove(subscription)) return false;

        _turns.Remove(subscription);
        if (_active == subscription) (_active, _quiescing) = (Heir(), false);
        Elect();
        return true;
    }

    public Subscription[] Clear()
    {
        var all = All;
        _all.Clear();
        _turns.Clear();
        (_active, _quiescing) = (null, false);
        return all;
    }

    /// <summary>Those that have credit again stand in line again.</summary>
    public void Refresh()
    {
        foreach (var subscription in _all)
        {
            if (!_turns.Contains(subscription) && subscription.HasCredit) EnterTurns(subscription);
        }
    }

    /// <summary>One of higher priority takes over as the single active one when that holds nothing any more, and gets
    /// nothing until then. RabbitMQ looks when a consumer comes or goes and when messages are settled.</summary>
    public void Elect()
    {
        if (!isSingle || !preempts || _active is not { } active || Heir() is not { } heir) return;
        if (heir.Priority <= active.Priority) return;
        _quiescing = active.Outstanding > 0;
        if (!_quiescing) _active = heir;
    }

    /// <summary>The one that the next message goes to, or null where none has credit.</summary>
    public Subscription? Next()
    {
        if (isSingle) return _active is { HasCredit: true } && !_quiescing ? _active : null;

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

    // A quorum queue of 3.10 takes who came first. Others go by priority, and on RabbitMQ 4 among equals by how much each
    // may hold.
    private Subscription? Heir() => _all.Where(subscription => subscription != _active)
        .OrderByDescending(subscription => !isQuorum || preempts ? subscription.Priority : 0)
        .ThenByDescending(subscription => preempts ? subscription.Credit : 0)
        .FirstOrDefault();
}
