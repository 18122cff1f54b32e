namespace Broker.Client;

/// <summary>Names that mean nothing beyond the life of a client or a call: those that are made here, and the broker's.</summary>
internal static class GeneratedNames
{
    private const string Prefix = "broker-client.";
    private const string DirectReplyTo = "amq.rabbitmq.reply-to";

    public static string Make() => $"{Prefix}{Guid.NewGuid():N}";

    public static bool IsOurs(string queue) => queue.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The address of a caller, which is no queue and ends with the caller's channel.</summary>
    public static bool IsReplyAddress(string queue) => queue.StartsWith(DirectReplyTo, StringComparison.Ordinal);

    public static bool IsAnonymous(string queue) =>
        IsOurs(queue) || IsReplyAddress(queue) || queue.StartsWith("amq.gen-", StringComparison.Ordinal);
}
