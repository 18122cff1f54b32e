namespace Broker.Client;

/// <summary>
/// The verdicts of one channel on their way to the broker: held back by <see cref="Settlement"/>, written here, by one
/// caller at a time and in their order, and by nobody once the channel is gone.
/// </summary>
internal sealed class Acknowledger : ISettle, IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    private readonly Settlement _settlement;
    private readonly bool _atOnce;
    private readonly ITimer _timer;
    private DeliveryChannel? _channel;

    /// <param name="prefetch">How many the broker leaves outstanding.</param>
    /// <param name="atOnce">Whether acks are not to be held back.</param>
    /// <param name="time">The clock that bounds how long they are.</param>
    public Acknowledger(int prefetch, bool atOnce, TimeProvider time)
    {
        _settlement = new Settlement(prefetch);
        _atOnce = atOnce;
        using (Detached.Suppress())
            _timer = time.CreateTimer(
                static self => ((Acknowledger)self!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // itself
    }

    /// <summary>Deliveries without a verdict.</summary>
    public int Unsettled => _settlement.Unsettled;

    /// <summary>The first delivery without a verdict.</summary>
    public Delivery? FirstUnsettled => _settlement.FirstUnsettled;

    /// <summary>A delivery, in the order of the channel.</summary>
    public void Add(DeliveryChannel channel, Delivery delivery)
    {
        _channel = channel;
        delivery.AttachTo(this);
        _settlement.Add(delivery);
    }

    public ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict)
    {
        // Attached to a channel by the first delivery.
        if (_channel!.IsClosed)
            return new(false);
        var duty = _settlement.Finish(delivery, verdict, _atOnce);
        Do(duty);
        return new(duty != SettlementDuty.TooLate && !_channel.IsClosed);
    }

    /// <summary>The lanes have run empty.</summary>
    public void OnStarved() => Do(_settlement.Starved());

    /// <summary>
    /// Writes all that is held back, and hands back what has no verdict; completes when that was handed to the connection.
    /// </summary>
    public Task CloseAsync()
    {
        Do(_settlement.Close());
        return _settlement.WhenWritten();
    }

    /// <summary>Completes when every delivery has its verdict, and it was handed to the connection.</summary>
    public Task WhenEmpty() => _settlement.WhenEmpty();

    public void Dispose() => _timer.Dispose();

    private void OnTick() => Do(_settlement.Tick());

    private void Do(SettlementDuty duty)
    {
        if (duty == SettlementDuty.StartTimer)
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        else if (duty == SettlementDuty.Write)
            Bounded.ObserveLater(WriteAsync());
    }

    private async Task WriteAsync()
    {
        while (_settlement.TryNext(out var next))
            await _channel!.SettleAsync(next).ConfigureAwait(false); // nothing is settled that was not delivered
    }
}
