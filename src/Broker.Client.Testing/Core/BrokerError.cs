namespace Broker.Client.Testing;

/// <summary>A refusal in RabbitMQ's own words: it closes the channel, or the whole connection.</summary>
internal sealed class BrokerError(ushort code, string text, bool isConnectionError = false) : Exception(text)
{
    public ushort Code { get; } = code;

    public string Text => Message;

    public bool IsConnectionError { get; } = isConnectionError;

    public static BrokerError NotFound(string text) => new(404, $"NOT_FOUND - {text}");

    public static BrokerError Refused(string text) => new(403, $"ACCESS_REFUSED - {text}");

    public static BrokerError Precondition(string text) => new(406, $"PRECONDITION_FAILED - {text}");

    public static BrokerError NotAllowed(string text) => new(530, $"NOT_ALLOWED - {text}", isConnectionError: true);

    public static BrokerError NotImplemented(string text) =>
        new(540, $"NOT_IMPLEMENTED - {text}", isConnectionError: true);

    /// <summary>Where RabbitMQ itself fails, and says no more.</summary>
    public static BrokerError Internal() => new(541, "INTERNAL_ERROR", isConnectionError: true);

    public static BrokerError UnknownTag(ulong tag) => Precondition($"unknown delivery tag {tag}");

    public static BrokerError DefaultExchange() => Refused("operation not permitted on the default exchange");

    public static BrokerError WrongUser(string claimed, string authenticated) =>
        Precondition($"user_id property set to '{claimed}' but authenticated user was '{authenticated}'");

    public static BrokerError Locked(string queue, string vhost) => new(405,
        $"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{queue}' in vhost '{vhost}'. It could be "
        + "originally declared on another connection or the exclusive property value does not match that of the "
        + "original declaration.");
}
