using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Broker.Client;

/// <summary>The checks at the door. Each message names what is wrong, what it was and what it may be.</summary>
internal static class Check
{
    /// <summary>Names and text properties are short strings in AMQP 0-9-1: a length octet and up to 255 bytes.</summary>
    internal const int ShortStringBytes = 255;

    internal static void ShortString(string value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        // Three bytes a char at the most: nearly every name is cleared without being measured.
        if (value.Length * 3 > ShortStringBytes && Encoding.UTF8.GetByteCount(value) is var bytes && bytes > ShortStringBytes)
            throw new ArgumentException($"{name} is {bytes} bytes long in UTF-8; AMQP 0-9-1 allows {ShortStringBytes}.", name);
    }

    internal static void OptionalShortString(string? value, string name)
    {
        if (value is not null)
            ShortString(value, name);
    }

    internal static void NotEmpty(string value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        ShortString(value, name);
    }

    internal static void Range<T>(T value, T least, T most, string name)
        where T : INumber<T>
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {least} to {most}.");
    }

    internal static void Positive(TimeSpan value, string name)
    {
        // Timers take at most 2^32 - 2 milliseconds.
        if (value <= TimeSpan.Zero || value.TotalMilliseconds >= uint.MaxValue)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be above zero and below 49 days.");
    }

    internal static void Defined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} is {value}; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
    }

    internal static void NoneIsNull<T>(IEnumerable<T?> values, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(values, name);
        if (values.Contains(null))
            throw new ArgumentException($"{name} has a null in it.", name);
    }

    internal static void PositiveOrNull(TimeSpan? value, string name)
    {
        if (value is { } some)
            Positive(some, name);
    }
}
