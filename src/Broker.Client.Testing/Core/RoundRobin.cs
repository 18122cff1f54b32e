namespace Broker.Client.Testing;

/// <summary>The consumers of a queue, each in turn as long as it has credit.</summary>
internal sealed class RoundRobin
{
    private readonly List<Subscription> _subscriptions = [];
    private int _turn;

    public int Count => _subscriptions.Count;

    public Subscription[] All => [.. _subscriptions];

    public bool HasExclusive => _subscriptions.Exists(static subscription => subscription.Exclusive);

    public void Add(Subscription subscription) => _subscriptions.Add(subscription);

    public bool Remove(Subscription subscription)
    {
        var at = _subscriptions.IndexOf(subscription);
        if (at < 0) return false;

        _subscriptions.RemoveAt(at);
        if (at < _turn) _turn--;
        return true;
    }

    public Subscription[] Clear()
    {
        var all = All;
        _subscriptions.Clear();
        return all;
    }

    public Subscription? Next()
    {
        for (var i = 0; i < _subscriptions.Count; i++)
        {
            if (_turn >= _subscriptions.Count) _turn = 0;
            var candidate = _subscriptions[_turn++];
            if (candidate.HasCredit) return candidate;
        }

        return null;
    }
}
