namespace Broker.Client.Testing;

/// <summary>One entry of x-death: a queue and a reason, however often it happened.</summary>
internal sealed record Death(
    string Queue, string Reason, string Exchange, IReadOnlyList<string> RoutingKeys, DateTimeOffset Time, long Count,
    string? OriginalExpiration)
{
    public const string Rejected = "rejected";
    public const string Expired = "expired";
    public const string MaxLength = "maxlen";
    public const string DeliveryLimit = "delivery_limit";

    public IReadOnlyDictionary<string, object?> ToTable()
    {
        var table = new Dictionary<string, object?>
        {
            ["count"] = Count,
            ["reason"] = Reason,
            ["queue"] = Queue,
            ["time"] = Time,
            ["exchange"] = Exchange,
            ["routing-keys"] = RoutingKeys.Cast<object?>().ToList(),
        };
        if (OriginalExpiration is not null) table["original-expiration"] = OriginalExpiration;
        return table;
    }
}
