using System.Globalization;

namespace Broker.Client.Testing;

/// <summary>Makes a message of what a publisher sent, with the checks RabbitMQ does on its properties.</summary>
internal static class PublishedMessage
{
    public static Message Create(
        string exchange, string routingKey, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        var ttl = properties.Expiration is { } expiration ? Milliseconds(expiration) : (long?)null;
        if (properties.Headers is not { } headers || !(headers.ContainsKey("CC") || headers.ContainsKey("BCC")))
        {
            return new()
            {
                Exchange = exchange, RoutingKey = routingKey, Properties = properties, Body = body, Ttl = ttl,
            };
        }

        var carbon = Keys(headers, "CC");
        var blind = Keys(headers, "BCC");
        var visible = headers.Where(static header => header.Key != "BCC").ToDictionary();
        return new()
        {
            Exchange = exchange, RoutingKey = routingKey, Body = body, Ttl = ttl, CarbonKeys = carbon,
            BlindKeys = blind, Properties = properties with { Headers = visible },
        };
    }

    private static string[] Keys(IReadOnlyDictionary<string, object?> headers, string name)
    {
        if (!headers.TryGetValue(name, out var value)) return [];
        if (value is IReadOnlyList<object?> list) return [.. list.OfType<string>()];

        throw BrokerError.Precondition("invalid message: {unacceptable_type_in_header,\"" + name + "\","
            + ArgumentText.TypeOf(value) + "}");
    }

    private static long Milliseconds(string text)
    {
        var digits = text.AsSpan().TrimStart('-').IndexOfAnyExceptInRange('0', '9');
        var sign = text.StartsWith('-') ? 1 : 0;
        var end = digits < 0 ? text.Length : sign + digits;
        if (end == sign || !long.TryParse(text.AsSpan(0, end), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var milliseconds))
        {
            throw Invalid(text, "no_integer");
        }

        if (end < text.Length) throw Invalid(text, "{leftover_string,\"" + text[end..] + "\"}");
        if (milliseconds < 0) throw Invalid(text, "{value_negative," + text + "}");
        return milliseconds;
    }

    private static BrokerError Invalid(string text, string reason) =>
        BrokerError.Precondition($"invalid expiration '{text}': {reason}");
}
