using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>What a publishing channel tells: on the driver's reader, so that the listener must only note it.</summary>
internal interface IPublishEvents
{
    void OnConfirm(PublishChannel channel, ulong number, bool multiple, bool accepted);

    void OnReturn(PublishChannel channel, ulong number, ushort code, string text);

    void OnClosed(PublishChannel channel);
}

/// <summary>
/// One channel in confirm mode, from open to closed. Its caller is one writer, which counts the messages as the broker
/// does; the driver's own tracking is off.
/// </summary>
internal sealed class PublishChannel
{
    /// <summary>Carries the number of a mandatory message, because a return names none. Never shown to the receiver.</summary>
    public const string NumberHeader = "x-broker-client-number";

    private const ushort BasicClass = 60;
    private const ushort PublishMethod = 40;
    private static readonly Dictionary<string, object?> s_noHeaders = [];

    private readonly IChannel _channel;
    private readonly IPublishEvents _events;
    private ShutdownEventArgs? _closeReason;

    private PublishChannel(IChannel channel, LiveConnection connection, IPublishEvents events)
    {
        _channel = channel;
        Connection = connection;
        _events = events;
    }

    public LiveConnection Connection { get; }

    // A write learns of the end a moment before the event tells it.
    private ShutdownEventArgs? Reason => Volatile.Read(ref _closeReason) ?? _channel.CloseReason;

    public bool IsClosed => Volatile.Read(ref _closeReason) is not null || Connection.Generation.IsCancellationRequested;

    /// <summary>
    /// What the broker says when it closes a channel over one of its messages: it names the error,
    /// and seldom the message.
    /// </summary>
    public (ushort Code, string Text)? PublishError =>
        Reason is { Initiator: ShutdownInitiator.Peer, ClassId: BasicClass, MethodId: PublishMethod } reason
            && !Connection.Generation.IsCancellationRequested
            ? (reason.ReplyCode, reason.ReplyText)
            : null;

    public string CloseReason => Reason is { } reason ? $"{reason.ReplyCode} {reason.ReplyText}" : "connection lost";

    public static async Task<PublishChannel> OpenAsync(LiveConnection connection, IPublishEvents events)
    {
        try
        {
            var channel = await connection.OpenChannelAsync("to publish on", confirms: true).ConfigureAwait(false);
            var publishing = new PublishChannel(channel, connection, events);
            channel.BasicAcksAsync += publishing.OnAckAsync;
            channel.BasicNacksAsync += publishing.OnNackAsync;
            channel.BasicReturnAsync += publishing.OnReturnAsync;
            channel.ChannelShutdownAsync += publishing.OnShutdownAsync;
            if (channel.CloseReason is { } reason)
                Volatile.Write(ref publishing._closeReason, reason);
            return publishing;
        }
        catch (Exception error)
            when (DriverErrors.IsGone(error) || error is RabbitMQ.Client.Exceptions.ChannelAllocationException)
        {
            throw DriverErrors.Operation(error, "Opening a channel to publish on");
        }
    }

    /// <summary>
    /// Writes a message as the channel's next one. What it throws before the channel is closed has
    /// not been written or counted.
    /// </summary>
    public ValueTask SendAsync(
        ulong number, string exchange, string routingKey, bool mandatory, Message message, string messageId) =>
        _channel.BasicPublishAsync(
            exchange, routingKey, mandatory, Properties(number, mandatory, message, messageId), message.Body,
            Connection.Generation);

    /// <summary>Closes in good order where the channel still is; bounded.</summary>
    public Task CloseAsync(TimeSpan limit) => Connection.CloseChannelAsync(_channel, limit);

    private static BasicProperties Properties(ulong number, bool mandatory, Message message, string messageId)
    {
        var properties = AmqpProperties.Of(message);
        properties.MessageId = messageId;
        // Never null: the driver would make a table of its own for each message.
        properties.Headers = s_noHeaders;
        if (mandatory || message.HeadersOrNull is { Count: > 0 })
        {
            var headers = new Dictionary<string, object?>();
            if (message.HeadersOrNull is { } own)
                AmqpTable.CopyToDriver(own, headers);
            if (mandatory)
                headers[NumberHeader] = (long)number;
            properties.Headers = headers;
        }

        return properties;
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs ack)
    {
        _events.OnConfirm(this, ack.DeliveryTag, ack.Multiple, accepted: true);
        return Task.CompletedTask;
    }

    private Task OnNackAsync(object sender, BasicNackEventArgs nack)
    {
        _events.OnConfirm(this, nack.DeliveryTag, nack.Multiple, accepted: false);
        return Task.CompletedTask;
    }

    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        if (returned.BasicProperties.Headers?.TryGetValue(NumberHeader, out var number) == true && number is long value)
            _events.OnReturn(this, (ulong)value, returned.ReplyCode, returned.ReplyText);
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Volatile.Write(ref _closeReason, reason);
        _events.OnClosed(this);
        return Task.CompletedTask;
    }
}
