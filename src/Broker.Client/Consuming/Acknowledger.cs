namespace Broker.Client;

/// <summary>
/// The verdicts of one channel on their way to the broker: held back by <see cref="Settlement"/>, written here, by one
/// caller at a time and in their order, and by nobody once the channel is gone.
/// </summary>
internal sealed class Acknowledger : ISettle, IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    // Held back for a tick, the acks of few messages would be one wake-up more, which the next message may have to wait for.
    private static readonly TimeSpan s_rest = TimeSpan.FromMicroseconds(100);

    // A channel of RabbitMQ has no more than 32 commands under way to a quorum queue. It keeps what comes beyond, and
    // forgets it when the channel closes: acks that it took in good order.
    private const int FewCommands = 16;
    private static readonly TimeSpan s_burst = TimeSpan.FromMilliseconds(100);

    private readonly Settlement _settlement;
    private readonly TimeProvider _time;
    private readonly Telemetry _telemetry;
    private readonly bool _atOnce;
    private readonly StreamTracking? _stream;
    private readonly ITimer _timer;
    private DeliveryChannel? _channel;

    private long _lastWriteAt;

    // Of the one that writes.
    private int _recentWrites;

    /// <param name="prefetch">How many the broker leaves outstanding.</param>
    /// <param name="atOnce">Whether acks are not to be held back.</param>
    /// <param name="later">Who brings messages back after a while.</param>
    /// <param name="time">The clock that bounds how long they are.</param>
    /// <param name="telemetry">Where verdicts are told.</param>
    /// <param name="stream">Of a stream: how far it is handled.</param>
    public Acknowledger(
        int prefetch, bool atOnce, IRetryLater later, TimeProvider time, Telemetry telemetry, StreamTracking? stream = null)
    {
        Later = later;
        _telemetry = telemetry;
        _settlement = new Settlement(prefetch, takesBack: stream is null);
        _time = time;
        _atOnce = atOnce;
        _stream = stream;
        using (Detached.Suppress())
            _timer = time.CreateTimer(
                static self => ((Acknowledger)self!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // itself
    }

    public IRetryLater Later { get; }

    public bool IsOfStream => _stream is not null;

    /// <summary>Deliveries without a verdict.</summary>
    public int Unsettled => _settlement.Unsettled;

    private bool HasRested => _time.GetElapsedTime(Volatile.Read(ref _lastWriteAt)) > s_rest;

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
        // An event of a stream is handled when we say so, whatever has become of its channel.
        var isHandled = _stream is not null && verdict == Verdict.Ack;
        if (isHandled)
            _stream!.Handle(delivery);
        // Attached to a channel by the first delivery.
        if (_channel!.IsClosed)
            return new(isHandled);
        var began = _telemetry.Begin(OperationKind.Settling(verdict));
        var duty = _settlement.Finish(delivery, verdict, _atOnce, HasRested);
        Do(duty);
        _telemetry.Settled(delivery, verdict, began, _channel.Connection.Server);
        return new(isHandled || (duty != SettlementDuty.TooLate && !_channel.IsClosed));
    }

    /// <summary>The lanes have run empty.</summary>
    public void OnStarved() => Do(_settlement.Starved());

    /// <summary>
    /// Writes all that is held back, and hands back what has no verdict; completes when that was handed to the connection
    /// and the channel may be closed over it.
    /// </summary>
    public async Task CloseAsync()
    {
        Do(_settlement.Close());
        await _settlement.WhenWritten().ConfigureAwait(false);
        if (_recentWrites > FewCommands && _time.GetElapsedTime(_lastWriteAt) < s_burst)
            await Task.Delay(s_burst, _time).ConfigureAwait(false);
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
        Tracing.LeaveCallersSpan();
        while (_settlement.TryNext(out var next))
        {
            _recentWrites = _time.GetElapsedTime(_lastWriteAt) < s_burst ? _recentWrites + 1 : 1;
            Volatile.Write(ref _lastWriteAt, _time.GetTimestamp());
            await _channel!.SettleAsync(next).ConfigureAwait(false); // nothing is settled that was not delivered
        }
    }
}
