using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// The consumer on one channel. Its deliveries are settled here and nowhere else, so that a verdict which
/// outlives the channel goes nowhere.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Disposed of when its channel is gone; the source holds nothing to dispose, and handlers may keep its token.")]
internal sealed class ConsumerGeneration : IDeliveryEvents
{
    private readonly Action<ConsumerGeneration, Delivery> _deliver;
    private readonly Acknowledger _acknowledger;
    private readonly TimeProvider _time;
    private readonly StreamTracking? _stream;
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _whenLost;
    private DeliveryChannel? _channel;
    private Delivery? _last;
    private long _lastAt;

    /// <param name="prefetch">How many the broker leaves outstanding.</param>
    /// <param name="ackAtOnce">Whether acks are not to be held back.</param>
    /// <param name="deliver">Hands a delivery on; must return at once.</param>
    /// <param name="later">Who brings messages back after a while.</param>
    /// <param name="time">The clock.</param>
    /// <param name="telemetry">Where verdicts are told.</param>
    /// <param name="stream">Of a stream: how far it is handled.</param>
    public ConsumerGeneration(
        int prefetch, bool ackAtOnce, Action<ConsumerGeneration, Delivery> deliver, IRetryLater later, TimeProvider time,
        Telemetry telemetry, StreamTracking? stream = null)
    {
        _deliver = deliver;
        _time = time;
        _stream = stream;
        _acknowledger = new Acknowledger(prefetch, ackAtOnce, later, time, telemetry, stream);
        Gone = _gone.Token;
    }

    /// <summary>
    /// Cancelled when the channel is gone, or when a stop has waited long enough: the token of handlers follows it.
    /// </summary>
    public CancellationToken Gone { get; }

    /// <summary>Completes with the cause when the broker delivers no more here.</summary>
    public Task<string> Ended => _ended.Task;

    public bool IsGone => Gone.IsCancellationRequested || _channel is { IsClosed: true };

    public ServerName? Server => _channel?.Connection.Server;

    /// <summary>Deliveries without a verdict.</summary>
    public int Unsettled => _acknowledger.Unsettled;

    /// <summary>When a message came last, as a timestamp of the clock; 0 before the first.</summary>
    public long LastDeliveryAt => Volatile.Read(ref _lastAt);

    /// <summary>
    /// Of what may be a stream: the offset from which it has to be read again, so that what had no verdict comes again and
    /// nothing is left out. Null elsewhere, and before the first delivery.
    /// </summary>
    public long? NextOffset => _acknowledger.FirstUnsettled is { } first ? first.StreamOffset : _last?.StreamOffset + 1;

    public async Task OpenAsync(LiveConnection connection, ConsumeRequest request, BrokerOptions options)
    {
        _channel = await DeliveryChannel.OpenAsync(connection, request, this, options).ConfigureAwait(false);
        _whenLost = connection.Generation.UnsafeRegister(static self => ((ConsumerGeneration)self!).End(), this); // registered with itself
        if (_channel.IsClosed || Gone.IsCancellationRequested)
            End();
    }

    public void OnDelivery(DeliveryChannel channel, Delivery delivery)
    {
        var isFirst = _last is null;
        _last = delivery;
        Volatile.Write(ref _lastAt, _time.GetTimestamp());
        _acknowledger.Add(channel, delivery);
        switch (_stream?.Arrive(delivery, isFirst))
        {
            case StreamArrival.Handled:
                LetPass(delivery);
                return;
            case StreamArrival.Again:
                delivery.MayBeInHand = true;
                break;
        }

        _deliver(this, delivery);
    }

    public void OnCancelled(DeliveryChannel channel) => _ended.TrySetResult(
        "the broker cancelled it (its queue was deleted or moved, or a handler was over the broker's timeout).");

    public void OnFault(DeliveryChannel channel, Exception error)
    {
        Interlocked.CompareExchange(ref _channel, channel, null);
        Fail($"a delivery could not be taken ({error.GetType().Name}: {error.Message}).");
    }

    public void OnClosed(DeliveryChannel channel)
    {
        Interlocked.CompareExchange(ref _channel, channel, null);
        End();
    }

    /// <summary>Of a stream: whether the event was handled since it came, on an earlier channel; then it is done with here.</summary>
    public bool TrySkip(Delivery delivery)
    {
        if (!delivery.MayBeInHand || _stream?.IsHandled(delivery) != true)
            return false;
        LetPass(delivery);
        return true;
    }

    /// <summary>The lanes have run empty.</summary>
    public void OnStarved() => _acknowledger.OnStarved();

    /// <summary>Gives the channel up; what has no verdict comes again.</summary>
    public void Fail(string cause)
    {
        _ended.TrySetResult(cause);
        _channel?.Abandon();
        End();
    }

    /// <summary>Calls it ended; handlers that run go on, and their verdicts count.</summary>
    public void GiveUp(string cause) => _ended.TrySetResult(cause);

    /// <summary>Asks the broker for no more; what was under way has been handed on when this completes.</summary>
    public Task CancelAsync(TimeSpan limit) => _channel?.CancelAsync(limit, _time) ?? Task.CompletedTask;

    /// <summary>Cancels the token of handlers that still run.</summary>
    public void CancelHandlers() => _gone.Cancel();

    /// <summary>Sends the acks that are held back, hands back what has no verdict, and closes.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        if (_channel is not { } channel)
            return;
        try
        {
            // A peer that has left one word unanswered is not waited for again.
            await _acknowledger.CloseAsync()
                .WithinAsync(channel.Connection.IsSilent ? TimeSpan.Zero : limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            channel.Connection.MarkSilent(); // the peer reads no more
        }

        await channel.CloseAsync(limit).ConfigureAwait(false);
        End();
    }

    /// <summary>
    /// After a cancel by either side the channel lives on, for the verdicts that are still to come; then it closes.
    /// </summary>
    public async Task CloseWhenSettledAsync(TimeSpan closeLimit)
    {
        try
        {
            await _acknowledger.WhenEmpty().WaitAsync(Gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The channel has gone, or a stop has waited long enough: what has no verdict by then goes back.
        }

        await CloseAsync(closeLimit).ConfigureAwait(false);
    }

    private static void LetPass(Delivery delivery) => Bounded.ObserveLater(delivery.TrySettleAsync(Verdict.Ack).AsTask());

    private void End()
    {
        _gone.Cancel();
        _whenLost.Unregister(); // a connection outlives many channels
        _acknowledger.Dispose();
        _ended.TrySetResult(_channel?.CloseReason ?? "its channel was closed.");
    }
}
