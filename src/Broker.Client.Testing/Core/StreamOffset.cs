using System.Globalization;

namespace Broker.Client.Testing;

internal enum StreamOffsetKind
{
    Next,
    First,
    Last,
    Number,
    Time,
}

/// <summary>Where a reader of a stream begins: x-stream-offset.</summary>
internal readonly record struct StreamOffset(StreamOffsetKind Kind, long Number = 0, DateTimeOffset Time = default)
{
    /// <summary>Null for what is none.</summary>
    public static StreamOffset? Of(object? value, DateTimeOffset now) => value switch
    {
        null or "next" => new(StreamOffsetKind.Next),
        "first" => new(StreamOffsetKind.First),
        "last" => new(StreamOffsetKind.Last),
        DateTimeOffset time => new(StreamOffsetKind.Time, Time: time),
        string text => StreamAge.Of(text) is { } age ? new(StreamOffsetKind.Time, Time: now - age) : null,
        _ => ArgumentText.IntegerOf(value) is { } number ? new(StreamOffsetKind.Number, number) : null,
    };
}

/// <summary>A length of time as streams write it: 7D, 12h.</summary>
internal static class StreamAge
{
    public static TimeSpan? Of(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None,
            CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        return text[^1] switch
        {
            'Y' => TimeSpan.FromDays(365L * count),
            'M' => TimeSpan.FromDays(30L * count),
            'D' => TimeSpan.FromDays(count),
            'h' => TimeSpan.FromHours(count),
            'm' => TimeSpan.FromMinutes(count),
            's' => TimeSpan.FromSeconds(count),
            _ => null,
        };
    }
}
