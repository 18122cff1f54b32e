using System.Collections;
using System.Text;

namespace Broker.Client;

/// <summary>
/// Refuses, before any I/O, what the wire cannot carry: found there, it would cost the channel and everyone on it.
/// </summary>
internal static class MessageCheck
{
    private const int MaxDepth = 16;

    // A content header is one frame, and cannot be split: 128 KiB is RabbitMQ's own limit, and an error
    // beyond it costs the connection.
    private const long MostHeaderBytes = 96 * 1024;

    // The frame's own, the numeric properties, an id and headers of the library's.
    private const long OtherHeaderBytes = 200;

    public static void Validate(Message message, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Body.Length > maxBytes)
            throw new ArgumentException(
                $"The body has {message.Body.Length} bytes; the limit is {maxBytes} (PublisherOptions.MaxMessageBytes). "
                + "RabbitMQ has one too, max_message_size: 16 MiB since 4.0.",
                nameof(message));
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
        if (message.HeadersOrNull is { Count: > 0 } headers
            && ValidateTable(headers, "Message.Headers", 0) is var bytes and > MostHeaderBytes)
            throw new ArgumentException(
                $"Message.Headers come to {bytes} bytes; a header must fit one frame, so that {MostHeaderBytes} are allowed. "
                + "Put what is large into the body.",
                nameof(message));
    }

    /// <summary>How many bytes the message's content header comes to at the most, as a frame.</summary>
    public static long HeaderBytes(Message message)
    {
        string?[] texts =
        [
            message.ContentType, message.ContentEncoding, message.CorrelationId, message.ReplyTo, message.MessageId,
            message.Type, message.UserId, message.AppId,
        ];
        var properties = texts.Sum(static text => text is null ? 0L : 1 + Encoding.UTF8.GetByteCount(text));
        var headers = message.HeadersOrNull is { Count: > 0 } table ? ValidateTable(table, "Message.Headers", 0) : 0;
        return OtherHeaderBytes + properties + headers;
    }

    /// <summary>Checks the table and tells how many bytes it comes to, at the most.</summary>
    public static long ValidateTable(IEnumerable<KeyValuePair<string, object?>> table, string where, int depth)
    {
        var bytes = 0L;
        foreach (var (name, value) in table)
        {
            Check.ShortString(name, $"A name in {where}");
            bytes += Encoding.UTF8.GetByteCount(name) + 2 + ValidateValue(value, $"{where}[\"{name}\"]", depth);
        }

        return bytes;
    }

    private static long ValidateValue(object? value, string where, int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException($"{where} is nested more than {MaxDepth} deep.");
        switch (value)
        {
            case string text:
                return 4 + Encoding.UTF8.GetByteCount(text);
            case byte[] bytes:
                return 4 + bytes.Length;
            case null or bool or sbyte or byte or short or ushort or int or uint or long or float or double or DateTimeOffset:
                return 8;
            case decimal number:
                if (!FitsAmqp(number))
                    throw new ArgumentException($"{where} is {number}; an AMQP decimal holds 32 bits and a scale.");
                return 5;
            case IDictionary<string, object?> nested:
                return 4 + ValidateTable(nested, where, depth + 1);
            case IList list:
                var total = 4L;
                for (var index = 0; index < list.Count; index++)
                    total += 1 + ValidateValue(list[index], $"{where}[{index}]", depth + 1);
                return total;
            default:
                throw new ArgumentException(
                    $"{where} is of type {value.GetType()}, which an AMQP table cannot hold. "
                        + "Use null, string, byte[], bool, an integer up to 64 bits signed, float, double, decimal, "
                        + "DateTimeOffset, or lists and string-keyed dictionaries of these.");
        }
    }

    private static bool FitsAmqp(decimal number)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        return parts is [>= 0, 0, 0, _];
    }
}
