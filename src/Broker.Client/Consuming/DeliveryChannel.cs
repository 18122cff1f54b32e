using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>What a consuming channel tells, on threads of the driver: the listener hands on and returns.</summary>
internal interface IDeliveryEvents
{
    void OnDelivery(DeliveryChannel channel, Delivery delivery);

    /// <summary>The broker cancelled the consumer; what it holds unacknowledged stays with the channel.</summary>
    void OnCancelled(DeliveryChannel channel);

    /// <summary>A delivery was lost on its way to <see cref="OnDelivery"/>; the channel still holds it, unacknowledged.</summary>
    void OnFault(DeliveryChannel channel, Exception error);

    void OnClosed(DeliveryChannel channel);
}

/// <summary>How a queue is consumed, in the protocol's terms.</summary>
internal sealed record ConsumeRequest(
    string Queue, string Tag, ushort Prefetch, bool Exclusive, IReadOnlyDictionary<string, object?> Arguments);

/// <summary>
/// One channel with one consumer, from open to closed. Bodies are copied here, because the driver takes its buffer
/// back as soon as the callback returns, and no user code runs here, because the driver's reader waits for the
/// callbacks of a channel that closes.
/// </summary>
internal sealed class DeliveryChannel : IAsyncBasicConsumer
{
    // basic.consume
    private static readonly (ushort Class, ushort Method) s_consume = (60, 20);

    private readonly IChannel _channel;
    private readonly ConsumeRequest _request;
    private readonly IDeliveryEvents _events;
    private readonly TaskCompletionSource _cancelOk = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ShutdownEventArgs? _closeReason;

    private DeliveryChannel(IChannel channel, LiveConnection connection, ConsumeRequest request, IDeliveryEvents events)
    {
        _channel = channel;
        Connection = connection;
        _request = request;
        _events = events;
    }

    public LiveConnection Connection { get; }

    public bool IsClosed => Volatile.Read(ref _closeReason) is not null || Connection.Generation.IsCancellationRequested;

    public string CloseReason => Volatile.Read(ref _closeReason) is { } reason
        ? $"its channel was closed ({reason.ReplyCode} {reason.ReplyText})."
        : "its connection was lost.";

    IChannel IAsyncBasicConsumer.Channel => _channel;

    /// <summary>Opens a channel and consumes. Deliveries may come before this returns.</summary>
    /// <exception cref="BrokerException">The broker refused, or the connection went.</exception>
    public static async Task<DeliveryChannel> OpenAsync(
        LiveConnection connection, ConsumeRequest request, IDeliveryEvents events, BrokerOptions options)
    {
        Tracing.LeaveCallersSpan();
        var doing = $"Consuming from queue '{request.Queue}'";
        DeliveryChannel? opened = null;
        try
        {
            var channel = await connection.OpenChannelAsync("to consume on").ConfigureAwait(false);
            opened = new DeliveryChannel(channel, connection, request, events);
            channel.ChannelShutdownAsync += opened.OnShutdownAsync;
            channel.CallbackExceptionAsync += opened.OnFaultAsync;
            // A delivery for a tag that the driver does not know would vanish there, unacknowledged.
            channel.DefaultConsumer = opened;
            await channel.BasicQosAsync(0, request.Prefetch, global: false)
                .WithinAsync(options.OperationTimeout, options.TimeProvider, connection.Generation).ConfigureAwait(false);
            await channel.BasicConsumeAsync(
                request.Queue, autoAck: false, request.Tag, noLocal: false, request.Exclusive,
                AmqpTable.ToDriver(request.Arguments), opened)
                .WithinAsync(options.OperationTimeout, options.TimeProvider, connection.Generation).ConfigureAwait(false);
            return opened;
        }
        catch (Exception error)
        {
            if (opened is not null)
                LiveConnection.AbandonChannel(opened._channel);
            if (!DriverErrors.IsGone(error) && error is not RabbitMQ.Client.Exceptions.ChannelAllocationException)
                throw;
            // A broker that closes the whole connection over it would do so again and again.
            throw connection.Lost is { IsCompletedSuccessfully: true } lost
                ? DriverErrors.LostDuring(doing, await lost.ConfigureAwait(false), connection.AtFault == s_consume)
                : DriverErrors.Operation(error, doing);
        }
    }

    /// <summary>
    /// Tells the broker. False when the channel is gone. The driver drops silently what comes after its socket has gone,
    /// which is as good as false.
    /// </summary>
    public async ValueTask<bool> SettleAsync(Settling settling)
    {
        if (IsClosed)
            return false;
        try
        {
            await _channel.SettleAsync(settling, Connection.Generation).ConfigureAwait(false);
            return !IsClosed;
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            return false;
        }
    }

    /// <summary>Asks for no more deliveries, and completes when the last that was under way has been handed on.</summary>
    public async Task CancelAsync(TimeSpan limit, TimeProvider time)
    {
        Tracing.LeaveCallersSpan();
        if (IsClosed || Connection.IsSilent)
            return;
        try
        {
            await CancelAsync().WithinAsync(limit, time, Connection.Generation).ConfigureAwait(false);
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            // Gone, or too slow: no more deliveries will be settled on it either way.
            if (error is TimeoutException)
                Connection.MarkSilent();
        }
    }

    /// <summary>Lets it end in the background; what has no verdict goes back to the queue.</summary>
    public void Abandon() => LiveConnection.AbandonChannel(_channel);

    /// <summary>Closes in good order, bounded; what has no verdict goes back to the queue.</summary>
    public Task CloseAsync(TimeSpan limit) => Connection.CloseChannelAsync(_channel, limit);

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        _events.OnDelivery(
            this,
            new AmqpDelivery(_request.Queue, deliveryTag, redelivered, exchange, routingKey, properties, body.ToArray()));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken)
    {
        _cancelOk.TrySetResult();
        _events.OnCancelled(this);
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken)
    {
        _cancelOk.TrySetResult();
        return Task.CompletedTask;
    }

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => Task.CompletedTask;

    private async Task CancelAsync()
    {
        await _channel.BasicCancelAsync(_request.Tag).ConfigureAwait(false);
        // The driver answers the call before it has emptied its own queue; this callback stands at the end of that queue.
        await _cancelOk.Task.ConfigureAwait(false);
    }

    // What our callbacks throw, and what the driver's own loop does, ends here and nowhere else.
    private Task OnFaultAsync(object sender, CallbackExceptionEventArgs fault)
    {
        _events.OnFault(this, fault.Exception);
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Volatile.Write(ref _closeReason, reason);
        _cancelOk.TrySetResult();
        _events.OnClosed(this);
        return Task.CompletedTask;
    }
}
