using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// The consumer on one channel. Its deliveries are settled here and nowhere else, so that a verdict which
/// outlives the channel goes nowhere.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose, and handlers may keep its token.")]
internal sealed class ConsumerGeneration : ISettle, IDeliveryEvents
{
    private readonly Action<ConsumerGeneration, Delivery> _deliver;
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LiveConnection? _connection;
    private DeliveryChannel? _channel;
    private int _unsettled;
    private bool _cancelled;

    public ConsumerGeneration(Action<ConsumerGeneration, Delivery> deliver)
    {
        _deliver = deliver;
        Gone = _gone.Token;
    }

    /// <summary>
    /// Cancelled when the channel is gone, or when a stop has waited long enough: what handlers get as their token.
    /// </summary>
    public CancellationToken Gone { get; }

    /// <summary>Completes with the cause when the broker delivers no more here.</summary>
    public Task<string> Ended => _ended.Task;

    public bool IsGone => Gone.IsCancellationRequested || _channel is { IsClosed: true };

    public int Unsettled => Volatile.Read(ref _unsettled);

    public async Task OpenAsync(LiveConnection connection, ConsumeRequest request, BrokerOptions options)
    {
        _connection = connection;
        _channel = await DeliveryChannel.OpenAsync(connection, request, this, options).ConfigureAwait(false);
        connection.Generation.UnsafeRegister(static self => ((ConsumerGeneration)self!).End(), this); // registered with itself
        if (_channel.IsClosed)
            End();
    }

    public async ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict)
    {
        // Deliveries come before OpenAsync has returned; the channel they came on is open.
        var channel = _channel ?? throw new InvalidOperationException("A delivery without a channel.");
        var written = verdict switch
        {
            Verdict.Ack => channel.AckAsync(delivery.DeliveryTag),
            Verdict.Retry => channel.RejectAsync(delivery.DeliveryTag, requeue: true),
            Verdict.Release => channel.NackAsync(delivery.DeliveryTag),
            _ => channel.RejectAsync(delivery.DeliveryTag, requeue: false),
        };
        var accepted = await written.ConfigureAwait(false) && !Gone.IsCancellationRequested;
        if (Interlocked.Decrement(ref _unsettled) == 0 && _cancelled)
            _empty.TrySetResult();
        return accepted;
    }

    public void OnDelivery(DeliveryChannel channel, Delivery delivery)
    {
        Interlocked.CompareExchange(ref _channel, channel, null);
        Interlocked.Increment(ref _unsettled);
        delivery.AttachTo(this);
        _deliver(this, delivery);
    }

    public void OnCancelled(DeliveryChannel channel)
    {
        _cancelled = true;
        if (Unsettled == 0)
            _empty.TrySetResult();
        _ended.TrySetResult(
            "the broker cancelled it (its queue was deleted or moved, or a handler was over the broker's timeout).");
    }

    public void OnClosed(DeliveryChannel channel)
    {
        Interlocked.CompareExchange(ref _channel, channel, null);
        End();
    }

    /// <summary>Asks the broker for no more; what was under way has been handed on when this completes.</summary>
    public Task CancelAsync(TimeSpan limit, TimeProvider time) => _channel?.CancelAsync(limit, time) ?? Task.CompletedTask;

    /// <summary>Cancels the token of handlers that still run.</summary>
    public void CancelHandlers() => _gone.Cancel();

    /// <summary>Hands back what has no verdict, and closes.</summary>
    public async Task CloseAsync(TimeSpan limit)
    {
        if (_channel is not { } channel)
            return;
        if (Unsettled > 0)
            await channel.NackAllAsync().ConfigureAwait(false);
        await channel.CloseAsync(limit).ConfigureAwait(false);
        End();
    }

    /// <summary>After a cancel by the broker the channel lives on, for the verdicts that are still to come.</summary>
    public async Task CloseWhenSettledAsync(TimeSpan limit, TimeProvider time)
    {
        try
        {
            await _empty.Task.WaitAsync(limit, time, Gone).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // What has no verdict by then goes back with the channel.
        }

        await CloseAsync(limit).ConfigureAwait(false);
    }

    /// <summary>The end of its connection, where that was over a message that is too large to be taken.</summary>
    public async ValueTask<BrokerConnectionException?> TooLargeAsync() =>
        _connection is { Lost: { IsCompleted: true } ended }
        && await ended.ConfigureAwait(false) is var lost && DriverErrors.IsOverTooLarge(lost) ? lost : null;

    private void End()
    {
        _gone.Cancel();
        _empty.TrySetResult();
        _ended.TrySetResult(_channel?.CloseReason ?? "its channel was closed.");
    }
}
