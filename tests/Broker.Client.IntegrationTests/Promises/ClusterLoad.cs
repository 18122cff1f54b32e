using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A producer for each node, which knows all nodes and prefers its own, publishing at a steady rate.</summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    private const int PerSecond = 200;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly List<BrokerClient> _clients = [];
    private readonly List<PublishLedger> _ledgers = [];
    private readonly List<Task> _publishing = [];
    private readonly CancellationTokenSource _over = new();
    private int _losses;

    /// <summary>How often a producer lost its connection.</summary>
    public int Losses => Volatile.Read(ref _losses);

    /// <summary>The longest that any producer went without a confirm.</summary>
    public TimeSpan Outage => _ledgers.Max(ledger => ledger.Outages.TakeLongest());

    public IEnumerable<Attempt> Attempts => _ledgers.SelectMany(ledger => ledger.Attempts);

    /// <param name="cluster">Where to.</param>
    /// <param name="queue">A queue that is there.</param>
    /// <param name="firstProducer">The number of the first producer, so that those of another load have other ones.</param>
    public static async Task<ClusterLoad> StartAsync(ProcessCluster cluster, string queue, int firstProducer)
    {
        var load = new ClusterLoad();
        for (var preferred = 0; preferred < cluster.Nodes.Count; preferred++)
        {
            var logs = new CapturedLogs();
            var options = logs.OptionsFor(cluster.Nodes[preferred].Uri);
            options.Endpoints = [.. cluster.Nodes.Skip(preferred).Concat(cluster.Nodes.Take(preferred)).Select(node => new BrokerEndpoint("127.0.0.1", node.Port))];
            options.Heartbeat = TimeSpan.FromSeconds(1);
            options.ConnectTimeout = TimeSpan.FromSeconds(2); // a node that stands still accepts and says nothing
            load.Add(await BrokerClient.ConnectAsync(options).InTime(), logs, queue, firstProducer + preferred);
        }

        await Task.WhenAll(load._ledgers.Select(ledger => ledger.Confirmed.ReachAsync(PerSecond / 2, s_patience)));
        _ = load.Outage; // what came before the first confirm is none
        return load;
    }

    /// <summary>Completes when every producer has had some more answers from the broker.</summary>
    public Task WaitForAnswersAsync() =>
        Task.WhenAll(_ledgers.Select(ledger => ledger.Ended.ReachAsync(ledger.Ended.Count + (PerSecond / 10), s_patience)));

    /// <summary>Publishes no more; completes when every publish has its outcome.</summary>
    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_publishing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var client in _clients)
            await client.DisposeAsync();
        _over.Dispose();
    }

    private void Add(BrokerClient client, CapturedLogs logs, string queue, int producer)
    {
        client.StateChanged += (_, change) =>
        {
            if (change.Current == BrokerConnectionState.Connecting)
                Interlocked.Increment(ref _losses);
        };
        // Told before anything is sent again; the state of the client is also that of its other connection.
        var ledger = new PublishLedger(() => logs.Lines.Count(line => line.Id == 3000));
        _clients.Add(client);
        _ledgers.Add(ledger);
        _publishing.Add(new Producers(client, queue, ledger).PublishAtRateAsync(producer, PerSecond, _over.Token));
    }
}
