namespace Broker.Client.Hosting;

/// <summary>The brokers of an application: for the host, and for whoever looks at them.</summary>
internal sealed class HostedBrokers(
    IServiceProvider services, IEnumerable<BrokerRegistration> brokers, IEnumerable<ConsumerRegistration> consumers)
{
    private readonly Lock _lock = new();
    private readonly List<HostedBroker> _others = []; // under the lock

    /// <summary>Those that start and stop with the host, in the order of their registration.</summary>
    public IReadOnlyList<HostedBroker> All { get; } =
        [.. brokers.Select(broker => new HostedBroker(
            broker, services, [.. consumers.Where(consumer => Equals(consumer.Key, broker.Key))]))];

    /// <summary>The broker with this key, which the host may know nothing of.</summary>
    public HostedBroker Of(object? key)
    {
        lock (_lock)
        {
            if (All.Concat(_others).FirstOrDefault(broker => Equals(broker.Key, key)) is { } known)
                return known;
            var other = new HostedBroker(new BrokerRegistration(key, key?.ToString() ?? ""), services, []);
            _others.Add(other);
            return other;
        }
    }
}
