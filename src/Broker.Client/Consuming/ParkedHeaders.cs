namespace Broker.Client;

/// <summary>What a message that was put aside says of itself.</summary>
internal static class ParkedHeaders
{
    public const string Prefix = "x-parked-";
    public const string Reason = Prefix + "reason";
    public const string Exception = Prefix + "exception";
    public const string ExceptionMessage = Prefix + "exception-message";
    public const string Excess = Prefix + "excess";
    public const string Attempts = Prefix + "attempts";
    public const string Queue = Prefix + "queue";
    public const string Exchange = Prefix + "exchange";
    public const string RoutingKey = Prefix + "routing-key";
    public const string UserId = Prefix + "user-id";
    public const string Expiration = Prefix + "expiration";
    public const string FirstTime = Prefix + "first-time";
    public const string LastTime = Prefix + "last-time";
}
