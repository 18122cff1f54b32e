using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Every line that the library logs. 1xxx connection, 2xxx topology, 3xxx publishing, 4xxx consuming, 5xxx calling
/// and serving, 6xxx telemetry. Payloads and secrets never.
/// </summary>
internal static partial class Log
{
    public const string Category = "Broker.Client";

    [LoggerMessage(1000, LogLevel.Information, "Connected to {Where} ({Role}, RabbitMQ {Version})")]
    public static partial void Connected(ILogger logger, string role, string where, string version);

    [LoggerMessage(1001, LogLevel.Warning, "{Cause} The {Role} connection is made again at once, and until it stands")]
    public static partial void ConnectionLost(ILogger logger, string role, string cause);

    [LoggerMessage(1002, LogLevel.Warning, "{Cause} The next attempt for the {Role} connection follows with back-off")]
    public static partial void ConnectFailed(ILogger logger, string role, string cause);

    [LoggerMessage(1003, LogLevel.Error,
        "{Cause} Attempts for the {Role} connection go on slowly; what waits for it fails with this reason")]
    public static partial void ConnectRefused(ILogger logger, string role, string cause);

    [LoggerMessage(1004, LogLevel.Warning,
        "The broker takes no publishes ({Reason}); those of the {Role} connection wait. Free memory or disk on the broker")]
    public static partial void Blocked(ILogger logger, string role, string reason);

    [LoggerMessage(1005, LogLevel.Information, "The broker takes publishes again ({Role} connection)")]
    public static partial void Unblocked(ILogger logger, string role);

    [LoggerMessage(1006, LogLevel.Warning,
        "The password goes to {Host} in clear text. Use amqps:// (BrokerOptions.Tls) beyond this machine")]
    public static partial void ClearTextPassword(ILogger logger, string host);

    [LoggerMessage(1007, LogLevel.Error, "A subscriber of BrokerClient.StateChanged threw; the others are called all the same")]
    public static partial void StateSubscriberFailed(ILogger logger, Exception error);

    [LoggerMessage(1008, LogLevel.Debug, "{Cause} (the {Role} connection, as before)")]
    public static partial void ConnectFailedAgain(ILogger logger, string role, string cause);

    [LoggerMessage(1010, LogLevel.Debug, "The {Role} connection has new credentials, valid until {ValidUntil}")]
    public static partial void CredentialsRefreshed(ILogger logger, string role, DateTimeOffset? validUntil);

    [LoggerMessage(1011, LogLevel.Warning,
        "The credentials of the {Role} connection, which expire at {ValidUntil}, could not be renewed yet: {Cause} It is tried again")]
    public static partial void CredentialsNotRefreshed(ILogger logger, string role, DateTimeOffset validUntil, string cause);

    [LoggerMessage(1012, LogLevel.Debug, "{Cause} (the credentials of the {Role} connection, as before)")]
    public static partial void CredentialsNotRefreshedAgain(ILogger logger, string role, string cause);

    [LoggerMessage(1013, LogLevel.Error,
        "The credentials of the {Role} connection expire at {ValidUntil}, and {Attempts} attempts to renew them have failed: {Cause} "
        + "The broker will take nothing from the connection then. It is tried again")]
    public static partial void CredentialsExpire(ILogger logger, string role, DateTimeOffset validUntil, int attempts, string cause);

    [LoggerMessage(1014, LogLevel.Warning,
        "New credentials are those of '{Other}', and the {Role} connection is logged in as '{User}': it keeps its own until it is made again")]
    public static partial void CredentialsOfAnother(ILogger logger, string role, string other, string user);

    [LoggerMessage(2000, LogLevel.Warning, "After the reconnect: {Error} What depends on it may not work until it is mended")]
    public static partial void ReplayFailed(ILogger logger, string error);

    [LoggerMessage(2001, LogLevel.Debug,
        "Declared again after the reconnect: {Exchanges} exchanges, {Queues} queues, {Bindings} bindings")]
    public static partial void Replayed(ILogger logger, int exchanges, int queues, int bindings);

    [LoggerMessage(3000, LogLevel.Warning,
        "A publishing channel was closed ({Cause}); {Unconfirmed} unconfirmed messages are sent again on the next one")]
    public static partial void PublishChannelLost(ILogger logger, string cause, int unconfirmed);

    [LoggerMessage(3001, LogLevel.Error, "Publishing to exchange '{Exchange}' with key '{RoutingKey}' was refused: {Reason}")]
    public static partial void PublishRefused(ILogger logger, string exchange, string routingKey, string reason);

    [LoggerMessage(3002, LogLevel.Warning,
        "No confirm for {Seconds:0.#} s on {Where}: the connection is given up and made again")]
    public static partial void ConfirmsStalled(ILogger logger, string where, double seconds);

    [LoggerMessage(3003, LogLevel.Critical,
        "The writer of a publishing channel failed in a way that is not foreseen; it starts again")]
    public static partial void WriterFaulted(ILogger logger, Exception error);

    [LoggerMessage(3004, LogLevel.Warning,
        "The client was closed with {Left} publishes that had not ended within {Limit}: those that were never written end as NotSent, the others as Unknown")]
    public static partial void PublishesLeft(ILogger logger, int left, TimeSpan limit);

    [LoggerMessage(4000, LogLevel.Debug, "Consuming from '{Queue}' with prefetch {Prefetch}")]
    public static partial void Consuming(ILogger logger, string queue, int prefetch);

    [LoggerMessage(4001, LogLevel.Warning, "The consumer of '{Queue}' was interrupted: {Cause} It starts again")]
    public static partial void ConsumerInterrupted(ILogger logger, string queue, string cause);

    [LoggerMessage(4002, LogLevel.Error, "The consumer of '{Queue}' has ended: {Cause}")]
    public static partial void ConsumerEnded(ILogger logger, string queue, string cause);

    [LoggerMessage(4003, LogLevel.Warning,
        "The handler of '{Queue}' threw on delivery {DeliveryTag} (attempt {Attempt} of {Attempts}); tried again in {Delay}")]
    public static partial void HandlerRetried(
        ILogger logger, Exception error, string queue, ulong deliveryTag, int attempt, int attempts, TimeSpan delay);

    [LoggerMessage(4004, LogLevel.Error,
        "The handler of '{Queue}' threw on delivery {DeliveryTag} after {Attempts} attempts; "
        + "what becomes of the message: {Action}")]
    public static partial void HandlerFailed(
        ILogger logger, Exception error, string queue, ulong deliveryTag, int attempts, string action);

    [LoggerMessage(4005, LogLevel.Error,
        "A message of '{Queue}' could not be parked in '{ParkingQueue}': {Reason} It stays unacknowledged and is tried again")]
    public static partial void ParkingFailed(ILogger logger, string queue, string parkingQueue, string reason);

    [LoggerMessage(4006, LogLevel.Warning,
        "A message of '{Queue}' has come back {Count} times and is parked in '{ParkingQueue}' before the broker gives it up")]
    public static partial void PoisonParked(ILogger logger, string queue, int count, string parkingQueue);

    [LoggerMessage(4007, LogLevel.Information,
        "The handler of '{Queue}' ended after its channel was gone; the broker delivers the message again")]
    public static partial void LateVerdict(ILogger logger, string queue);

    [LoggerMessage(4008, LogLevel.Warning,
        "{Running} handlers of '{Queue}' still ran when the drain time was over; their messages come again")]
    public static partial void DrainTimedOut(ILogger logger, string queue, int running);

    [LoggerMessage(4009, LogLevel.Debug, "The consumer of '{Queue}' has stopped")]
    public static partial void ConsumerStopped(ILogger logger, string queue);

    [LoggerMessage(4011, LogLevel.Warning, "The consumer of '{Queue}' could not start again yet: {Cause} It is tried on")]
    public static partial void ConsumerNotBackYet(ILogger logger, string queue, string cause);

    [LoggerMessage(4010, LogLevel.Critical,
        "Handling a message of '{Queue}' failed in a way that is not foreseen; its channel is given up, and it comes again")]
    public static partial void HandlingFaulted(ILogger logger, Exception error, string queue);

    [LoggerMessage(4012, LogLevel.Error,
        "The handler of '{Queue}' is stuck on delivery {DeliveryTag}: its token was cancelled after {Limit} "
        + "(ConsumerOptions.HandlerTimeout), and it has not returned. The message stays unacknowledged")]
    public static partial void HandlerStuck(ILogger logger, string queue, ulong deliveryTag, TimeSpan limit);

    [LoggerMessage(4013, LogLevel.Error,
        "The batch handler threw, and {Count} messages of '{Queue}' have no verdict (attempt {Attempt} of {Attempts})")]
    public static partial void BatchFailed(
        ILogger logger, Exception error, int count, string queue, int attempt, int attempts);

    [LoggerMessage(4014, LogLevel.Warning,
        "The handlers of '{Queue}' have {Limit} (ConsumerOptions.HandlerTimeout), which is no less than the "
        + "30 minutes after which a broker takes a consumer's messages away by default (its consumer_timeout)")]
    public static partial void HandlerTimeoutLong(ILogger logger, string queue, string limit);

    [LoggerMessage(4015, LogLevel.Debug, "The consumer of '{Queue}' has paused")]
    public static partial void ConsumerPaused(ILogger logger, string queue);

    [LoggerMessage(4016, LogLevel.Debug, "Queue '{Queue}', which has delivered nothing for a while, could not be looked at: {Cause}")]
    public static partial void QueueNotSeen(ILogger logger, string queue, string cause);

    [LoggerMessage(4017, LogLevel.Critical,
        "Starting the consumer of '{Queue}' again failed in a way that is not foreseen; it is tried again")]
    public static partial void ReopeningFaulted(ILogger logger, Exception error, string queue);

    [LoggerMessage(4018, LogLevel.Error,
        "A message of '{Queue}' {Excess}; it is put aside")]
    public static partial void MessageTooLarge(ILogger logger, string queue, string excess);

    [LoggerMessage(4019, LogLevel.Warning,
        "Queue '{Queue}' is classic and counts no deliveries: a message whose handler ends the process comes again for ever. "
        + "A quorum queue has it put aside")]
    public static partial void NothingCountsDeliveries(ILogger logger, string queue);

    [LoggerMessage(4020, LogLevel.Debug, "The consumer of '{Queue}' could not start again, as before: {Cause}")]
    public static partial void ConsumerNotBackAgain(ILogger logger, string queue, string cause);

    [LoggerMessage(4021, LogLevel.Critical,
        "Watching over the consumer of '{Queue}' failed in a way that is not foreseen; its channel is given up, and it starts again")]
    public static partial void SupervisionFaulted(ILogger logger, Exception error, string queue);

    [LoggerMessage(5000, LogLevel.Debug,
        "A reply came after its call had ended, or to none, and is dropped ({Count} so far)")]
    public static partial void LateReply(ILogger logger, long count);

    [LoggerMessage(5001, LogLevel.Warning,
        "The calling channel is gone: {Cause} {Calls} calls that waited for a reply end with that; "
        + "those not sent go on the next")]
    public static partial void CallsLost(ILogger logger, string cause, int calls);

    [LoggerMessage(5002, LogLevel.Critical,
        "Writing requests failed in a way that is not foreseen; the {Calls} calls that waited end with that")]
    public static partial void CallingFaulted(ILogger logger, Exception error, int calls);

    [LoggerMessage(5003, LogLevel.Debug, "No channel to call on yet: {Cause}")]
    public static partial void CallingNotYet(ILogger logger, string cause);

    [LoggerMessage(5010, LogLevel.Warning,
        "The handler that serves '{Queue}' threw; the caller is told, and the request is acknowledged")]
    public static partial void ServeFailed(ILogger logger, Exception error, string queue);

    [LoggerMessage(5011, LogLevel.Debug,
        "A request of '{Queue}' names no address for a reply: it was handled as any message, and its result is dropped")]
    public static partial void NoReplyAddress(ILogger logger, string queue);

    [LoggerMessage(5012, LogLevel.Debug, "The caller of a request of '{Queue}' is gone ({ReplyTo}); the reply is dropped")]
    public static partial void CallerGone(ILogger logger, string queue, string replyTo);

    [LoggerMessage(5013, LogLevel.Warning,
        "The reply to a request of '{Queue}' could not be published ({Reason}); the request was handled and is acknowledged")]
    public static partial void ReplyFailed(ILogger logger, string queue, string reason);

    [LoggerMessage(5014, LogLevel.Error,
        "The reply to a request of '{Queue}' cannot be sent; the caller is told of an error instead")]
    public static partial void ReplyInvalid(ILogger logger, Exception error, string queue);

    [LoggerMessage(5015, LogLevel.Critical,
        "Replying to a request of '{Queue}' failed in a way that is not foreseen; it stays unacknowledged")]
    public static partial void ReplyFaulted(ILogger logger, Exception error, string queue);

    [LoggerMessage(7000, LogLevel.Warning,
        "Up to {Count} events of stream '{Stream}', from offset {Offset} on, are no longer kept, and '{Subscriber}' has not handled them. "
        + "Keep events for longer (StreamOptions), or see what holds it up")]
    public static partial void EventsGone(ILogger logger, string stream, string subscriber, long count, long offset);

    [LoggerMessage(7001, LogLevel.Warning,
        "The position {Offset} of '{Subscriber}' in stream '{Stream}' could not be stored; it is tried again while it runs")]
    public static partial void PositionNotStored(ILogger logger, Exception error, string subscriber, string stream, long offset);

    [LoggerMessage(6000, LogLevel.Warning,
        "A listener to traces or metrics (BrokerTelemetry) threw; what it listened to went on. This is told once")]
    public static partial void ListenerThrew(ILogger logger, Exception error);
}
