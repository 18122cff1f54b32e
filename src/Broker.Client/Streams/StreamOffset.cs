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

    /// <summary>
    /// Where the subscriber of this name stood when its position was stored last; with <see cref="First"/> where none is stored.
    /// For subscriptions only.
    /// </summary>
    public static StreamOffset Stored { get; } = StoredOr(First);

    internal object Value { get; }

    /// <summary>Where to begin when nothing is stored; null where it is no matter of a store.</summary>
    internal StreamOffset? Otherwise { get; private init; }

    /// <summary>As <see cref="Stored"/>, and from <paramref name="otherwise"/> where none is stored.</summary>
    public static StreamOffset StoredOr(StreamOffset otherwise)
    {
        ArgumentNullException.ThrowIfNull(otherwise);
        return new StreamOffset("stored") { Otherwise = otherwise.Otherwise ?? otherwise };
    }

    /// <summary>
    /// With the message of this number, from 0 on; where it is no longer kept, with the oldest that is. Each delivery of a
    /// stream has its own in <see cref="Delivery.StreamOffset"/>.
    /// </summary>
    public static StreamOffset At(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new StreamOffset(offset);
    }

    /// <summary>
    /// With the chunk that holds this time, in whole seconds: messages that are a little older may come first.
    /// </summary>
    public static StreamOffset Since(DateTimeOffset time) => new(time);

    /// <summary>With the chunk that was written so long ago, in whole seconds.</summary>
    public static StreamOffset Ago(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.FromSeconds(1));
        return new StreamOffset(string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalSeconds}s"));
    }

    /// <inheritdoc/>
    public override string ToString() => Otherwise is null
        ? Convert.ToString(Value, CultureInfo.InvariantCulture) ?? ""
        : $"stored, else {Otherwise}";
}
