using System.Globalization;

namespace Broker.Client.Testing;

/// <summary>Argument values as RabbitMQ's error texts name and compare them.</summary>
internal static class ArgumentText
{
    public static string TypeOf(object? value) => value switch
    {
        null => "void",
        string => "longstr",
        bool => "bool",
        byte => "unsignedbyte",
        sbyte => "byte",
        short => "short",
        ushort => "unsignedshort",
        int => "signedint",
        uint => "unsignedint",
        long => "long",
        float => "float",
        double => "double",
        decimal => "decimal",
        byte[] => "binary",
        IReadOnlyDictionary<string, object?> => "table",
        IReadOnlyList<object?> => "array",
        _ => "timestamp",
    };

    public static long? IntegerOf(object? value) => value switch
    {
        byte v => v,
        sbyte v => v,
        short v => v,
        ushort v => v,
        int v => v,
        uint v => v,
        long v => v,
        _ => null,
    };

    public static string Of(object? value) => value switch
    {
        bool v => v ? "true" : "false",
        byte[] v => System.Text.Encoding.UTF8.GetString(v),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "undefined",
    };

    /// <summary>An int and a long of one value are equal; an int and its text are not.</summary>
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b) => TablesAreEqual(a, b),
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) =>
            a.Count == b.Count && a.Zip(b).All(static pair => AreEqual(pair.First, pair.Second)),
        _ => IntegerOf(left) is { } x && IntegerOf(right) is { } y ? x == y : Equals(left, right),
    };

    public static bool TablesAreEqual(
        IReadOnlyDictionary<string, object?>? left, IReadOnlyDictionary<string, object?>? right)
    {
        if ((left?.Count ?? 0) != (right?.Count ?? 0)) return false;
        if (left is null || right is null) return true;

        return left.All(pair => right.TryGetValue(pair.Key, out var other) && AreEqual(pair.Value, other));
    }
}
