namespace Broker.Client;

/// <summary>
/// Tells a consumer that the broker has forgotten from one that has nothing to do. It looks at the queue only where
/// nothing was delivered since the last look though there was room for it, and judges only where nobody else can be the
/// reason: not with other consumers on the queue, of whom one of higher priority may have it all.
/// </summary>
/// <remarks>
/// Of a stream brokers count neither messages nor consumers, and of a quorum queue with a single active consumer not
/// those who stand by. So it takes messages, or consumers seen before, to miss a consumer; and where starting again did
/// not help, the next time takes twice as long.
/// </remarks>
internal sealed class Deafness
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private const int FirstPatience = 2;
    private const int MostPatience = 128; // about an hour

    private long _lastDeliveryAt;
    private bool _wasCounted;
    private int _looks;
    private int _patience = FirstPatience;

    /// <summary>Whether the queue has to be looked at.</summary>
    /// <param name="room">How many more messages the broker could deliver.</param>
    /// <param name="lastDeliveryAt">When it delivered one last, on the present channel; 0 before the first.</param>
    public bool IsWorthALook(int room, long lastDeliveryAt)
    {
        if (lastDeliveryAt > _lastDeliveryAt)
            (_lastDeliveryAt, _patience) = (lastDeliveryAt, FirstPatience);
        else if (room > 0)
            return true;
        _looks = 0;
        return false;
    }

    /// <summary>What is wrong by that look; null where nothing is, or it takes another look to tell.</summary>
    /// <param name="queue">The queue; null where there is none.</param>
    /// <param name="isSingleActive">Whether it is known to serve one consumer at a time.</param>
    public string? Judge(QueueInfo? queue, bool isSingleActive)
    {
        if (queue is null)
            return "its queue has gone.";
        if (queue.ConsumerCount == 0)
            return _wasCounted || queue.MessageCount > 0 ? "the broker does not know the consumer any more." : null;
        _wasCounted = true;
        if (queue is not { MessageCount: > 0, ConsumerCount: 1 } || isSingleActive)
        {
            _looks = 0;
            return null;
        }

        if (++_looks < _patience)
            return null;
        var idle = Interval * _looks;
        (_looks, _patience) = (0, Math.Min(_patience * 2, MostPatience));
        return $"the queue has {queue.MessageCount} messages, and has delivered none for {idle.TotalSeconds:0} s.";
    }
}
