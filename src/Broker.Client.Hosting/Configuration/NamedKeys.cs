using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>Says beside an error about options which keys of the configuration it is about.</summary>
internal static partial class NamedKeys
{
    /// <summary>The error, with the paths before it of those keys whose names it has.</summary>
    public static string In(IEnumerable<IConfigurationSection> sections, string error)
    {
        var words = Word().Matches(error).Select(static match => match.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var keys = sections.SelectMany(Leaves).Where(leaf => words.Contains(leaf.Key)).Select(static leaf => leaf.Path).ToList();
        return keys.Count == 0 ? error : $"{string.Join(", ", keys)}: {error}";
    }

    private static IEnumerable<IConfigurationSection> Leaves(IConfigurationSection section) =>
        section.GetChildren().SelectMany(child => child.Value is null ? Leaves(child) : [child]);

    [GeneratedRegex(@"\b[A-Za-z]+\b")]
    private static partial Regex Word();
}
