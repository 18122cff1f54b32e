using System.Globalization;

namespace Broker.Client;

/// <summary>Where in a stream to begin (the consumer argument <c>x-stream-offset</c>).</summary>
public sealed record StreamOffset
{
    private StreamOffset(object value) => Value = value;

    /// <summary>With the oldest message that is kept.</summary>
    public static StreamOffset First { get; } = new("first");

    /// <summary>With the last chunk that was written, which may hold many messages.</summary>
    public static StreamOffset Last { get; } = new("last");

    /// <summary>With what is published from now on.</summary>
    public static StreamOffset Next { get; } = new("next");

    internal object Value { get; }

    /// <summary>
    /// With the message of this number, from 0 on; where it is no longer kept, with the oldest that is. Each delivery of a
    /// stream has its own in the header <c>x-stream-offset</c>.
    /// </summary>
    public static StreamOffset At(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new StreamOffset(offset);
    }

    /// <summary>
    /// With the chunk that holds this time, in whole seconds: messages that are a little older may come first.
    /// </summary>
    public static StreamOffset At(DateTimeOffset time) => new(time);

    /// <summary>With the chunk that was written so long ago, in whole seconds.</summary>
    public static StreamOffset Ago(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.FromSeconds(1));
        return new StreamOffset(string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalSeconds}s"));
    }

    /// <inheritdoc/>
    public override string ToString() => Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "";
}
