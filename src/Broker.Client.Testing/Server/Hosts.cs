using System.Collections.Concurrent;

namespace Broker.Client.Testing;

/// <summary>The virtual hosts of a broker, by name; they may come and go.</summary>
internal sealed class Hosts(RabbitProfile profile, TimeProvider clock, BrokerLimits limits) : IDisposable
{
    private readonly ConcurrentDictionary<string, Site> _sites = new();

    public Site? Find(string name) => _sites.GetValueOrDefault(name);

    public Site Get(string name) =>
        Find(name) ?? throw new ArgumentException($"There is no virtual host '{name}'");

    public bool Add(string name) => _sites.TryAdd(name, new(name, profile, clock, limits));

    public Site Remove(string name) => _sites.TryRemove(name, out var site)
        ? site
        : throw new ArgumentException($"There is no virtual host '{name}'");

    public void Dispose()
    {
        foreach (var site in _sites.Values) site.Dispose();
    }
}
