using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>What a publishing channel tells: on the driver's reader, so that the listener must only note it.</summary>
internal interface IPublishEvents
{
    void OnConfirm(PublishChannel channel, ulong number, bool multiple, bool accepted);

    /// <param name="channel">The channel.</param>
    /// <param name="number">Its number, where the message carries one.</param>
    /// <param name="messageId">Its id, which tells where there is no number.</param>
    /// <param name="code">The broker's code.</param>
    /// <param name="text">The broker's text.</param>
    void OnReturn(PublishChannel channel, ulong? number, string messageId, ushort code, string text);

    void OnClosed(PublishChannel channel);
}

/// <summary>
/// One channel in confirm mode, from open to closed. Its caller is one writer, which counts the messages as the broker
/// does; the driver's own tracking is off.
/// </summary>
internal sealed class PublishChannel
{
    /// <summary>
    /// Carries the number of a mandatory message, because a return names none; where the id is the library's own, that
    /// tells it as well and this is left out. Never shown to the receiver.
    /// </summary>
    public const string NumberHeader = "x-broker-client-number";

    /// <summary>On a message that is written again: which time it is, from 2 on. Receivers see it.</summary>
    public const string AttemptHeader = "x-publish-attempt";

    private const ushort BasicClass = 60;
    private const ushort PublishMethod = 40;
    private const int ManyRefused = 100;
    private static readonly TimeSpan s_longRefused = TimeSpan.FromSeconds(1);

    // Of the writer alone, and used for every message: the driver encodes before its call returns. Not shared between
    // channels, because the driver's tracing writes into the table.
    private readonly BasicProperties _properties = new();
    private readonly OutgoingHeaders _headers = [];

    private readonly IChannel _channel;
    private readonly IPublishEvents _events;
    private readonly TimeProvider _clock;
    private volatile bool _accepted;
    private int _refused;
    private long _refusedSince;
    private ShutdownEventArgs? _closeReason;

    private PublishChannel(IChannel channel, LiveConnection connection, IPublishEvents events, TimeProvider clock)
    {
        _clock = clock;
        _channel = channel;
        Connection = connection;
        _events = events;
    }

    public LiveConnection Connection { get; }

    /// <summary>
    /// The broker takes publishes again, or the driver has room for them again. Called on their loops: must only signal.
    /// </summary>
    public event Action MayGoOn
    {
        add
        {
            Connection.BlockedChanged += value;
            Connection.Publishes.RoomAgain += value;
        }

        remove
        {
            Connection.BlockedChanged -= value;
            Connection.Publishes.RoomAgain -= value;
        }
    }

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

    public string CloseReason =>
        Reason is { } reason ? $"{reason.ReplyCode} {reason.ReplyText}"
        : RefusesAll ? "the broker refused every message on it"
        : "connection lost";

    /// <summary>
    /// Whether the broker has refused everything here, and long enough: RabbitMQ 3.10 does so for ever on a channel that
    /// was opened between two leaders of a quorum queue, and serves any other (rabbitmq-server #9241).
    /// </summary>
    public bool RefusesAll =>
        !_accepted && Volatile.Read(ref _refused) >= ManyRefused && _clock.GetElapsedTime(_refusedSince) >= s_longRefused;

    public static async Task<PublishChannel> OpenAsync(LiveConnection connection, IPublishEvents events, TimeProvider clock)
    {
        try
        {
            var channel = await connection.OpenChannelAsync("to publish on", confirms: true).ConfigureAwait(false);
            var publishing = new PublishChannel(channel, connection, events, clock);
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

    /// <summary>Takes a place among what the driver has to write; false where it has enough for now.</summary>
    public bool TryReserve() => Connection.Publishes.TryEnter();

    /// <summary>Gives a place back that was taken and is not used.</summary>
    public void Release() => Connection.Publishes.Leave();

    /// <summary>
    /// Writes a message as the channel's next one, in the place reserved for it. What it throws before the channel is closed has
    /// not been written or counted.
    /// </summary>
    /// <param name="number">The channel's next number.</param>
    /// <param name="publication">The message and where it goes; both are read before this returns.</param>
    /// <param name="mandatory">Whether it must reach a queue.</param>
    /// <param name="messageId">The message's own id, or the one made for it.</param>
    /// <param name="attempt">Which time it is written.</param>
    /// <param name="operation">Whose trace it carries; null where nobody listens.</param>
    public ValueTask SendAsync(
        ulong number, in Publication publication, bool mandatory, string messageId, int attempt, Operation? operation)
    {
        var message = publication.Message;
        var room = Connection.CheckHeader(message);
        AmqpProperties.Fill(_properties, message);
        _properties.MessageId = messageId;
        _headers.Clear();
        if (message.HeadersOrNull is { } own)
        {
            AmqpTable.CopyToDriver(own, _headers);
            _headers.Remove(AttemptHeader); // of a message that was received, and is sent on
            _headers.Remove(NumberHeader);
        }

        if (mandatory && message.MessageId is not null)
            _headers[NumberHeader] = (long)number;
        if (attempt > 1)
            _headers[AttemptHeader] = attempt;
        _properties.Headers = _headers; // never null: the driver would make a table of its own for each message
        operation?.Written(Connection.Server);
        operation?.WriteTo(_headers, room);
        using (Tracing.Within(operation?.Span))
        {
            return _channel.BasicPublishAsync(
                publication.Exchange, publication.RoutingKey, mandatory, _properties, message.Body, Connection.Generation);
        }
    }

    /// <summary>Closes in good order where the channel still is; bounded.</summary>
    public Task CloseAsync(TimeSpan limit) => Connection.CloseChannelAsync(_channel, limit);

    private Task OnAckAsync(object sender, BasicAckEventArgs ack)
    {
        _accepted = true;
        _events.OnConfirm(this, ack.DeliveryTag, ack.Multiple, accepted: true);
        return Task.CompletedTask;
    }

    private Task OnNackAsync(object sender, BasicNackEventArgs nack)
    {
        if (_refused == 0)
            _refusedSince = _clock.GetTimestamp();
        Volatile.Write(ref _refused, _refused + 1);
        _events.OnConfirm(this, nack.DeliveryTag, nack.Multiple, accepted: false);
        return Task.CompletedTask;
    }

    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        var properties = returned.BasicProperties;
        var number = properties.Headers?.TryGetValue(NumberHeader, out var value) == true ? value as long? : null;
        _events.OnReturn(this, (ulong?)number, properties.MessageId ?? "", returned.ReplyCode, returned.ReplyText);
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Volatile.Write(ref _closeReason, reason);
        _events.OnClosed(this);
        return Task.CompletedTask;
    }
}
