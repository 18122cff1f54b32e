using System.Text.RegularExpressions;

namespace Broker.Client.Testing;

/// <summary>What a user may do in one virtual host: patterns for the names of queues and exchanges. One that fits a part
/// of the name fits, as in RabbitMQ, and an empty one fits nothing.</summary>
internal sealed class Permissions(string configure, string write, string read)
{
    public static Permissions Full { get; } = new(".*", ".*", ".*");

    private readonly Regex? _configure = Pattern(configure), _write = Pattern(write), _read = Pattern(read);

    public bool Allows(AccessKind kind, string name) => kind switch
    {
        AccessKind.Configure => Fits(_configure, name),
        AccessKind.Write => Fits(_write, name),
        _ => Fits(_read, name),
    };

    private static bool Fits(Regex? pattern, string name) => pattern is null || pattern.IsMatch(name);

    // Null fits everything: every publish asks.
    private static Regex? Pattern(string text) => text switch
    {
        ".*" => null,
        "" => new("^$"),
        _ => new(text, RegexOptions.CultureInvariant),
    };
}
