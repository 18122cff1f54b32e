using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>What a calling channel tells, on threads of the driver: the listener notes it, hands on and returns.</summary>
internal interface IRpcEvents
{
    /// <param name="channel">The channel.</param>
    /// <param name="number">The number of the call; null where the reply names none.</param>
    /// <param name="reply">The reply, which owns its body.</param>
    void OnReply(RpcChannel channel, ulong? number, Reply reply);

    void OnReturn(RpcChannel channel, ulong number, ushort code, string text);

    /// <summary>May be told twice.</summary>
    void OnClosed(RpcChannel channel);
}

/// <summary>
/// One channel that sends requests and takes their replies, from open to closed: direct reply-to wants both on the same
/// (else 406), and its address ends with the channel. There are no confirms: the reply is one, and a return comes
/// without them.
/// </summary>
internal sealed class RpcChannel : IAsyncBasicConsumer
{
    private const string ReplyQueue = "amq.rabbitmq.reply-to";
    private const ushort BasicClass = 60;
    private const ushort PublishMethod = 40;

    private readonly IChannel _channel;
    private readonly IRpcEvents _events;
    private ShutdownEventArgs? _closeReason;

    // Of the one writer: nearly all calls have the same timeout.
    private (long Milliseconds, string Text) _timeToLive = (0, "0");

    private RpcChannel(IChannel channel, LiveConnection connection, IRpcEvents events)
    {
        _channel = channel;
        Connection = connection;
        _events = events;
    }

    public LiveConnection Connection { get; }

    // A write learns of the end a moment before the event tells it.
    private ShutdownEventArgs? Reason => Volatile.Read(ref _closeReason) ?? _channel.CloseReason;

    public bool IsClosed => Volatile.Read(ref _closeReason) is not null || Connection.Generation.IsCancellationRequested;

    /// <summary>What the broker said when it closed the channel over one of its requests; seldom over which.</summary>
    public (ushort Code, string Text)? PublishError =>
        Reason is { Initiator: ShutdownInitiator.Peer, ClassId: BasicClass, MethodId: PublishMethod } reason
            ? (reason.ReplyCode, reason.ReplyText)
            : null;

    public string CloseReason => Reason is { } reason
        ? $"its channel was closed ({reason.ReplyCode} {reason.ReplyText})."
        : "its connection was lost.";

    IChannel IAsyncBasicConsumer.Channel => _channel;

    /// <summary>Opens a channel that can be called on.</summary>
    /// <exception cref="BrokerException">The broker refused, or the connection went.</exception>
    public static async Task<RpcChannel> OpenAsync(LiveConnection connection, IRpcEvents events, BrokerOptions options)
    {
        RpcChannel? opened = null;
        try
        {
            var channel = await connection.OpenChannelAsync("to call on").ConfigureAwait(false);
            opened = new RpcChannel(channel, connection, events);
            channel.ChannelShutdownAsync += opened.OnShutdownAsync;
            channel.BasicReturnAsync += opened.OnReturnAsync;
            channel.DefaultConsumer = opened;
            // Before the first request: the broker refuses (406) one that names the address while nobody listens there.
            await channel.BasicConsumeAsync(
                ReplyQueue, autoAck: true, $"broker-client.{Guid.NewGuid():N}", noLocal: false, exclusive: false,
                arguments: null, opened)
                .WithinAsync(options.OperationTimeout, options.TimeProvider, connection.Generation).ConfigureAwait(false);
            connection.Generation.UnsafeRegister(
                static self => ((RpcChannel)self!).Tell(), opened); // registered with itself
            return opened;
        }
        catch (Exception error)
            when (DriverErrors.IsGone(error) || error is RabbitMQ.Client.Exceptions.ChannelAllocationException)
        {
            if (opened is not null)
                LiveConnection.AbandonChannel(opened._channel);
            throw DriverErrors.Operation(error, "Listening for replies");
        }
    }

    /// <summary>
    /// Writes a request. What it throws has not been written; one write at a time, so that the driver's queue holds up
    /// nobody for ever when the peer stalls.
    /// </summary>
    /// <param name="number">What its reply is known by.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="routingKey">The routing key.</param>
    /// <param name="message">The request.</param>
    /// <param name="timeLeft">
    /// How long its reply is waited for, which is how long the request may live where it says nothing else.
    /// </param>
    /// <param name="operation">Whose trace it carries; null where nobody listens.</param>
    public async ValueTask SendAsync(
        ulong number, string exchange, string routingKey, Message message, TimeSpan timeLeft, Operation? operation)
    {
        Tracing.LeaveCallersSpan();
        var room = Connection.CheckHeader(message);
        var properties = AmqpProperties.Of(message);
        properties.MessageId = message.MessageId;
        properties.CorrelationId = number.ToString(CultureInfo.InvariantCulture);
        properties.ReplyTo = ReplyQueue;
        // When the broker has started again nobody waits for it, and written to disk it costs a tenth of the rate.
        properties.Persistent = false;
        if (message.Expiration is null)
            properties.Expiration = TimeToLive(timeLeft);
        var own = message.HeadersOrNull;
        if (own is { Count: > 0 } || operation is not null)
        {
            var headers = new OutgoingHeaders();
            if (own is not null)
                AmqpTable.CopyToDriver(own, headers);
            operation?.Written(Connection.Server);
            operation?.WriteTo(headers, room);
            properties.Headers = headers;
        }

        operation?.Enter();
        Connection.Publishes.Enter();
        try
        {
            await _channel.BasicPublishAsync(
                exchange, routingKey, mandatory: true, properties, message.Body, Connection.Generation).ConfigureAwait(false);
        }
        catch
        {
            Connection.Publishes.Leave();
            throw;
        }
    }

    /// <summary>Closes in good order where the channel still is; bounded.</summary>
    public Task CloseAsync(TimeSpan limit) => Connection.CloseChannelAsync(_channel, limit);

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        // The driver takes its buffer back when this returns.
        _events.OnReply(this, Number(properties), new AmqpReply(properties, body.ToArray()));
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => Task.CompletedTask;

    private static ulong? Number(IReadOnlyBasicProperties properties) =>
        ulong.TryParse(properties.CorrelationId, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private string TimeToLive(TimeSpan timeLeft)
    {
        var milliseconds = (long)Math.Ceiling(timeLeft.TotalMilliseconds);
        if (milliseconds != _timeToLive.Milliseconds)
            _timeToLive = (milliseconds, milliseconds.ToString(CultureInfo.InvariantCulture));
        return _timeToLive.Text;
    }

    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        if (Number(returned.BasicProperties) is { } number)
            _events.OnReturn(this, number, returned.ReplyCode, returned.ReplyText);
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Volatile.Write(ref _closeReason, reason);
        Tell();
        return Task.CompletedTask;
    }

    private void Tell() => _events.OnClosed(this);
}
