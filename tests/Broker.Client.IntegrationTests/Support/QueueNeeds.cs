using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>What a broker must have to declare such a queue.</summary>
internal static class QueueNeeds
{
    public static IEnumerable<BrokerNeed> Needs(this QueueOptions options)
    {
        if (options.Type == QueueType.Stream)
            yield return BrokerNeed.Streams;
        if (options.MaxPriority is not null)
            yield return BrokerNeed.Priorities;
        if (options.SingleActiveConsumer)
            yield return BrokerNeed.SingleActiveConsumer;
    }
}
