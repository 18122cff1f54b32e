namespace Broker.Client;

/// <summary>
/// What a message that waits in a delay queue says of itself. It comes back by the default exchange, under the name of
/// its queue: only these headers know how it came there first.
/// </summary>
internal static class RetriedHeaders
{
    public const string Prefix = "x-retried-";
    public const string Count = Prefix + "count";
    public const string Queue = Prefix + "queue";
    public const string Exchange = Prefix + "exchange";
    public const string RoutingKey = Prefix + "routing-key";
    public const string UserId = Prefix + "user-id";
    public const string Expiration = Prefix + "expiration";
    public const string FirstTime = Prefix + "first-time";
}
