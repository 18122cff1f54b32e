namespace Broker.Client;

/// <summary>
/// Tells a consumer that the broker has forgotten from one that has nothing to do. It looks at the queue only where
/// nothing was delivered since the last look, and judges only where nobody else can be the reason: not with other
/// consumers on the queue, of whom a single active one or one of higher priority may have it all.
/// </summary>
internal sealed class Deafness
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private long _lastDeliveryAt;
    private bool _suspected;

    /// <summary>Whether the queue has to be looked at.</summary>
    /// <param name="unsettled">What the consumer holds.</param>
    /// <param name="lastDeliveryAt">When it got something last.</param>
    public bool IsWorthALook(int unsettled, long lastDeliveryAt)
    {
        if (unsettled == 0 && lastDeliveryAt == _lastDeliveryAt)
            return true;
        _lastDeliveryAt = lastDeliveryAt;
        _suspected = false;
        return false;
    }

    /// <summary>What is wrong by that look; null where nothing is, or it takes another look to tell.</summary>
    public string? Judge(QueueInfo queue)
    {
        if (queue is { ConsumerCount: 0 })
            return "the broker does not know the consumer any more.";
        if (queue is not { MessageCount: > 0, ConsumerCount: 1 })
        {
            _suspected = false;
            return null;
        }

        if (_suspected)
            return $"the queue has {queue.MessageCount} messages, and has delivered none for {Interval.TotalSeconds:0} s.";
        _suspected = true;
        return null;
    }
}
