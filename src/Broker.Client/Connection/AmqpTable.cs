using System.Collections;
using System.Text;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>Values of AMQP field tables: .NET's on our side, the driver's on the other.</summary>
internal static class AmqpTable
{
    private const int MostDepth = 64;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Dictionary<string, object?>? ToDriver(IReadOnlyDictionary<string, object?> table)
    {
        if (table.Count == 0)
            return null;
        var converted = new Dictionary<string, object?>(table.Count);
        CopyToDriver(table, converted);
        return converted;
    }

    public static void CopyToDriver(IEnumerable<KeyValuePair<string, object?>> from, Dictionary<string, object?> to)
    {
        foreach (var (name, value) in from)
            to[name] = ToDriver(value);
    }

    /// <summary>
    /// As our users read it: text where the bytes are text. What is nested too deep to be handed out is nothing: another's
    /// nesting must not decide over our stack.
    /// </summary>
    public static object? FromDriver(object? value, int depth = 0) => value switch
    {
        IDictionary<string, object?> or IList when depth == MostDepth && value is not byte[] => null,
        byte[] bytes => TextOrBytes(bytes),
        AmqpTimestamp timestamp => FromTimestamp(timestamp),
        BinaryTableValue binary => binary.Bytes,
        IDictionary<string, object?> table => table.ToDictionary(entry => entry.Key, entry => FromDriver(entry.Value, depth + 1)),
        IList list => FromList(list, depth + 1),
        _ => value,
    };

    public static DateTimeOffset? FromTimestamp(AmqpTimestamp timestamp)
    {
        // Outside of what a DateTimeOffset holds, a peer wrote something that is no time.
        return timestamp.UnixTime is >= -62_135_596_800 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(timestamp.UnixTime)
            : null;
    }

    private static object? ToDriver(object? value) => value switch
    {
        DateTimeOffset time => new AmqpTimestamp(time.ToUnixTimeSeconds()),
        IDictionary<string, object?> table => table.ToDictionary(entry => entry.Key, entry => ToDriver(entry.Value)),
        string or byte[] => value,
        IList list => list.Cast<object?>().Select(ToDriver).ToList(),
        _ => value,
    };

    private static List<object?> FromList(IList list, int depth)
    {
        var values = new List<object?>(list.Count);
        foreach (var value in list)
            values.Add(FromDriver(value, depth));
        return values;
    }

    private static object TextOrBytes(byte[] bytes)
    {
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return bytes;
        }
    }
}
