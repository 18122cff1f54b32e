namespace Broker.Client.Hosting;

/// <summary>The brokers of an application, each made at its first need: for the host, and for whoever looks at them.</summary>
internal sealed class HostedBrokers(
    IServiceProvider services, IEnumerable<BrokerRegistration> brokers, IEnumerable<ConsumerRegistration> consumers)
{
    /// <summary>In the order of their registration.</summary>
    public IReadOnlyList<HostedBroker> All { get; } =
        [.. brokers.Select(broker => new HostedBroker(
            broker, services, [.. consumers.Where(consumer => Equals(consumer.Key, broker.Key))]))];

    public HostedBroker? Find(object? key) => All.FirstOrDefault(broker => Equals(broker.Key, key));
}
