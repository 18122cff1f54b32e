using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>One value of the configuration, read as what an option is. Errors say what it was and what it may be.</summary>
internal readonly record struct ConfiguredValue(IConfigurationSection Section)
{
    /// <summary>As it stands there: never part of an error here, because it may be a secret.</summary>
    public string Text => Section.Value
        ?? throw new FormatException($"{Section.Path} takes one value, and has keys below it.");

    public bool Flag() => bool.TryParse(Text, out var flag) ? flag : throw Wrong("true or false");

    public T Whole<T>()
        where T : IBinaryInteger<T>, IMinMaxValue<T> =>
        T.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong($"a whole number from {T.MinValue} to {T.MaxValue}");

    /// <summary>With a colon: what .NET takes a plain number for is days.</summary>
    public TimeSpan Time() =>
        Text.Contains(':') && TimeSpan.TryParse(Text, CultureInfo.InvariantCulture, out var time)
            ? time
            : throw Wrong("a time as hours:minutes:seconds, for instance 00:00:30 or 00:00:00.250");

    public TimeSpan TimeOrInfinite() =>
        Text.Equals("infinite", StringComparison.OrdinalIgnoreCase) ? Timeout.InfiniteTimeSpan : Time();

    public TEnum Word<TEnum>()
        where TEnum : struct, Enum =>
        Text is { Length: > 0 } text && char.IsLetter(text[0]) && Enum.TryParse<TEnum>(text, ignoreCase: true, out var value)
            ? value
            : throw Wrong(string.Join(", ", Enum.GetNames<TEnum>()));

    /// <summary>
    /// A table of the protocol, whose values have types that the configuration has not: whole numbers and booleans are taken
    /// for what they look like, and all else for text.
    /// </summary>
    public Dictionary<string, object?> Table()
    {
        var table = new Dictionary<string, object?>();
        foreach (var child in Section.GetChildren())
        {
            table[child.Key] = new ConfiguredValue(child).Text switch
            {
                var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
                var text when bool.TryParse(text, out var flag) => flag,
                var text => text,
            };
        }

        return table;
    }

    public FormatException Wrong(string valid) => new($"{Section.Path} is '{Text}'; it must be {valid}.");
}
