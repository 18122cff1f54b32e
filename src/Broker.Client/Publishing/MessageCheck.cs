using System.Collections;

namespace Broker.Client;

/// <summary>
/// Refuses, before any I/O, what the wire cannot carry: found there, it would cost the channel and everyone on it.
/// </summary>
internal static class MessageCheck
{
    private const int MaxDepth = 16;

    public static void Validate(Message message, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Body.Length > maxBytes)
            throw new ArgumentException($"The body has {message.Body.Length} bytes; the limit is {maxBytes} (PublisherOptions.MaxMessageBytes). RabbitMQ has one too, max_message_size: 16 MiB since 4.0.", nameof(message));
        Check.OptionalShortString(message.ContentType, nameof(Message.ContentType));
        Check.OptionalShortString(message.ContentEncoding, nameof(Message.ContentEncoding));
        Check.OptionalShortString(message.CorrelationId, nameof(Message.CorrelationId));
        Check.OptionalShortString(message.ReplyTo, nameof(Message.ReplyTo));
        Check.OptionalShortString(message.MessageId, nameof(Message.MessageId));
        Check.OptionalShortString(message.Type, nameof(Message.Type));
        Check.OptionalShortString(message.UserId, nameof(Message.UserId));
        Check.OptionalShortString(message.AppId, nameof(Message.AppId));
        if (message.Expiration is { } expiration && (expiration < TimeSpan.Zero || expiration.TotalMilliseconds > uint.MaxValue))
            throw new ArgumentException($"Message.Expiration is {expiration}; it must be from zero to 49 days.", nameof(message));
        if (message.HeadersOrNull is { } headers)
            ValidateTable(headers, "Message.Headers", 0);
    }

    public static void ValidateTable(IEnumerable<KeyValuePair<string, object?>> table, string where, int depth)
    {
        foreach (var (name, value) in table)
        {
            Check.ShortString(name, $"A name in {where}");
            ValidateValue(value, $"{where}[\"{name}\"]", depth);
        }
    }

    private static void ValidateValue(object? value, string where, int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException($"{where} is nested more than {MaxDepth} deep.");
        switch (value)
        {
            case null or string or byte[] or bool or sbyte or byte or short or ushort or int or uint or long or float or double or DateTimeOffset:
                return;
            case decimal number:
                if (!FitsAmqp(number))
                    throw new ArgumentException($"{where} is {number}; an AMQP decimal holds 32 bits and a scale.");
                return;
            case IDictionary<string, object?> nested:
                ValidateTable(nested, where, depth + 1);
                return;
            case IList list:
                for (var index = 0; index < list.Count; index++)
                    ValidateValue(list[index], $"{where}[{index}]", depth + 1);
                return;
            default:
                throw new ArgumentException(
                    $"{where} is of type {value.GetType()}, which an AMQP table cannot hold. Use null, string, byte[], bool, an integer up to 64 bits signed, float, double, decimal, DateTimeOffset, or lists and string-keyed dictionaries of these.");
        }
    }

    private static bool FitsAmqp(decimal number)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        return parts is [>= 0, 0, 0, _];
    }
}
