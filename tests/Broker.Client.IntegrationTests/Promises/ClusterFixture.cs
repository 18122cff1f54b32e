using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One cluster of three for all tests that disturb one, started when the first asks for it.</summary>
public sealed class ClusterFixture(BrokerFixture brokers) : IAsyncDisposable
{
    /// <summary>Tests that use it belong in this collection: they run one at a time.</summary>
    public const string Name = "Cluster";

    private ProcessCluster? _cluster;

    /// <summary>Skips the test where the kind of broker under test makes no clusters.</summary>
    internal async Task<ProcessCluster> GetAsync()
    {
        brokers.Shared.Require(BrokerNeed.Cluster);
        return _cluster ??= await ProcessCluster.StartAsync(3);
    }

    /// <summary>A test that failed half-way may leave it damaged: the next one gets a new one.</summary>
    internal async Task DiscardAsync()
    {
        if (Interlocked.Exchange(ref _cluster, null) is { } cluster)
            await cluster.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await DiscardAsync();
}

/// <summary>Runs the tests on the cluster one after the other.</summary>
[CollectionDefinition(ClusterFixture.Name)]
public sealed class ClusterCollection : ICollectionFixture<ClusterFixture>;
