using System.Collections;
using System.Text;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>
/// Measures headers as the driver has them, before anything is made of them, and no further than to the first excess: neither
/// their size nor their nesting costs more than what is allowed.
/// </summary>
internal static class HeaderMeasure
{
    // As MessageCheck counts them, so that what fits here fits a copy: a header's own bytes, a length, a number.
    private const int HeaderBytes = 2;
    private const int LengthBytes = 4;
    private const int NumberBytes = 8;

    /// <summary>What of them is too much, in words; null where nothing is.</summary>
    public static string? Excess(IDictionary<string, object?>? headers, InboundLimits limits)
    {
        if (headers is null)
            return null;
        if (headers.Count > limits.Headers)
            return $"has {headers.Count} headers, more than ConsumerOptions.MaxHeaders ({limits.Headers})";
        var left = (long)limits.HeaderBytes;
        if (!Fits(headers, limits.HeaderDepth, ref left))
            return $"has headers nested deeper than ConsumerOptions.MaxHeaderDepth ({limits.HeaderDepth})";
        return left < 0 ? $"has more bytes of headers than ConsumerOptions.MaxHeaderBytes ({limits.HeaderBytes})" : null;
    }

    /// <summary>False where it goes too deep; true with nothing left where it is too large.</summary>
    private static bool Fits(IDictionary<string, object?> table, int depth, ref long left)
    {
        if (table is Dictionary<string, object?> plain) // which the driver makes, and which is looked through without an allocation
        {
            foreach (var (name, value) in plain)
            {
                if (!Fits(name, value, depth, ref left))
                    return false;
                if (left < 0)
                    return true;
            }
        }
        else
        {
            foreach (var (name, value) in table)
            {
                if (!Fits(name, value, depth, ref left))
                    return false;
                if (left < 0)
                    return true;
            }
        }

        return true;
    }

    private static bool Fits(string name, object? value, int depth, ref long left)
    {
        left -= Encoding.UTF8.GetByteCount(name) + HeaderBytes;
        return Fits(value, depth, ref left);
    }

    private static bool Fits(object? value, int depth, ref long left)
    {
        switch (value)
        {
            case byte[] bytes:
                left -= LengthBytes + bytes.Length;
                return true;
            case BinaryTableValue { Bytes: { } binary }:
                left -= LengthBytes + binary.Length;
                return true;
            case IDictionary<string, object?> or IList when depth == 0:
                return false;
            case IDictionary<string, object?> nested:
                left -= LengthBytes;
                return Fits(nested, depth - 1, ref left);
            case IList list:
                left -= LengthBytes;
                foreach (var item in list)
                {
                    left--;
                    if (!Fits(item, depth - 1, ref left))
                        return false;
                    if (left < 0)
                        return true;
                }

                return true;
            default:
                left -= NumberBytes;
                return true;
        }
    }
}
