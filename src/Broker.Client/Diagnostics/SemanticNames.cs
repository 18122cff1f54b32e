namespace Broker.Client;

/// <summary>
/// Every name and fixed value that traces and metrics carry. The conventions are OpenTelemetry's, of version 1.39, where
/// those for messaging are not final yet: https://opentelemetry.io/docs/specs/semconv/messaging/ and, below it, rabbitmq/.
/// </summary>
internal static class SemanticNames
{
    public const string SchemaUrl = "https://opentelemetry.io/schemas/1.39.0";

    // Attributes: https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/
    public const string System = "messaging.system";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string DestinationName = "messaging.destination.name";
    public const string DestinationTemplate = "messaging.destination.template";
    public const string DestinationAnonymous = "messaging.destination.anonymous";
    public const string DestinationTemporary = "messaging.destination.temporary";
    public const string RoutingKey = "messaging.rabbitmq.destination.routing_key";
    public const string DeliveryTag = "messaging.rabbitmq.message.delivery_tag";
    public const string MessageId = "messaging.message.id";
    public const string ConversationId = "messaging.message.conversation_id";
    public const string BatchMessageCount = "messaging.batch.message_count";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string ErrorType = "error.type";

    // Their values.
    public const string RabbitMq = "rabbitmq";
    public const string DefaultExchange = "amq.default";
    public const string Send = "send";
    public const string Receive = "receive";
    public const string Process = "process";
    public const string Settle = "settle";

    // Names of operations are the system's own words.
    public const string Publish = "publish";
    public const string Call = "call";
    public const string Get = "get";
    public const string Ack = "ack";
    public const string Nack = "nack";
    public const string Reject = "reject";

    // Metrics: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
    public const string OperationDuration = "messaging.client.operation.duration";
    public const string SentMessages = "messaging.client.sent.messages";
    public const string ConsumedMessages = "messaging.client.consumed.messages";
    public const string ProcessDuration = "messaging.process.duration";

    // Ours, where there is no convention: in a namespace of our own, as it asks of us.
    public const string Verdict = "broker.client.verdict";
    public const string ConnectionRole = "broker.client.connection.role";
    public const string ParkReason = "broker.client.park.reason";
    public const string ConfirmDuration = "broker.client.confirm.duration";
    public const string Unconfirmed = "broker.client.publish.unconfirmed";
    public const string InFlight = "broker.client.consumer.in_flight";
    public const string ConsumerRestarts = "broker.client.consumer.restarts";
    public const string Retries = "broker.client.consumer.retries";
    public const string Parked = "broker.client.consumer.parked";
    public const string Reconnects = "broker.client.connection.reconnects";
    public const string BlockedTime = "broker.client.connection.blocked.time";
}
