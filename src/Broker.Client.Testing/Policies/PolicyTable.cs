using System.Text.RegularExpressions;

namespace Broker.Client.Testing;

/// <summary>The policies of a virtual host, each known by its pattern. Under the virtual host's lock.</summary>
internal sealed class PolicyTable
{
    private readonly List<(string Pattern, Regex Names, TestPolicy Policy)> _policies = [];

    public void Set(string pattern, TestPolicy policy)
    {
        var names = new Regex(pattern, RegexOptions.CultureInvariant);
        Remove(pattern);
        _policies.Add((pattern, names, policy with { }));
    }

    public bool Remove(string pattern) => _policies.RemoveAll(known => known.Pattern == pattern) > 0;

    public TestPolicy? For(string queue) => _policies
        .Where(known => known.Names.IsMatch(queue))
        .Select(static known => known.Policy)
        .Reverse()
        .MaxBy(static policy => policy.Priority);
}
