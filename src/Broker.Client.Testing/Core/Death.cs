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

    // An entry that a client wrote stays as it is, but for its count.
    private IReadOnlyDictionary<string, object?>? Source { get; init; }

    /// <summary>The deaths that x-death tells of; entries that name no queue or reason match none and stay.</summary>
    public static IReadOnlyList<Death> Read(IReadOnlyDictionary<string, object?> headers)
    {
        if (headers.GetValueOrDefault("x-death") is not IReadOnlyList<object?> list) return [];
        return
        [
            .. list.OfType<IReadOnlyDictionary<string, object?>>().Select(static table => new Death(
                Text(table, "queue"), Text(table, "reason"), Text(table, "exchange"), [], default,
                ArgumentText.IntegerOf(table.GetValueOrDefault("count")) ?? 0, OriginalExpiration: null)
            {
                Source = table,
            }),
        ];

        static string Text(IReadOnlyDictionary<string, object?> table, string name) =>
            table.GetValueOrDefault(name) as string ?? "";
    }

    public IReadOnlyDictionary<string, object?> ToTable()
    {
        if (Source is not null) return new Dictionary<string, object?>(Source) { ["count"] = Count };

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
