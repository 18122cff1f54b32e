namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>Nodes of the rabbitmq-server of this machine that make one cluster, each to be killed, paused, stopped and cut off.</summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    private readonly string _cookie;

    private ProcessCluster(string cookie, ProcessBroker[] nodes) => (_cookie, Nodes) = (cookie, nodes);

    public IReadOnlyList<ProcessBroker> Nodes { get; }

    public static async Task<ProcessCluster> StartAsync(int size)
    {
        var nodes = ProcessNode.Cluster(size);
        var starting = nodes.Select(ProcessBroker.StartAsync).ToArray();
        try
        {
            var cluster = new ProcessCluster(nodes[0].Cookie, await Task.WhenAll(starting));
            await cluster.WaitUntilWholeAsync();
            return cluster;
        }
        catch
        {
            foreach (var node in starting.Where(node => node.IsCompletedSuccessfully))
                await (await node).DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that leads this quorum queue, as the given one knows it.</summary>
    public async Task<ProcessBroker> LeaderAsync(string queue, ProcessBroker? askedOf = null)
    {
        var leader = await EvaluateAsync(
            askedOf ?? Nodes[0], $"{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"{queue}\">>)), {{_, N}} = amqqueue:get_pid(Q), N.");
        return Nodes.Single(node => leader.Contains(node.Name, StringComparison.Ordinal));
    }

    /// <summary>Neither end lets the other in any more, so that the node is alone while it still runs and its clients still reach it.</summary>
    public async Task IsolateAsync(ProcessBroker node)
    {
        var steps = Others(node).Select(other => $"erlang:set_cookie('{other.Name}', nobody), erlang:disconnect_node('{other.Name}')");
        var left = await EvaluateAsync(node, $"{string.Join(", ", steps)}, nodes().");
        Assert.Equal("[]", left.Trim());
    }

    public Task RejoinAsync(ProcessBroker node) =>
        EvaluateAsync(node, $"{string.Join(", ", Others(node).Select(other => $"erlang:set_cookie('{other.Name}', '{_cookie}')"))}.");

    /// <summary>Returns when every node accepts connections and the loss of any one would leave each queue a majority.</summary>
    public async Task WaitUntilWholeAsync()
    {
        foreach (var node in Nodes)
            await node.WaitUntilReadyAsync();
        await Nodes[0].ControlAsync("await_startup"); // one that finds itself in a minority stops once more
        await Nodes[0].ControlAsync("await_online_nodes", $"{Nodes.Count}");
        await Nodes[0].RunToolAsync("rabbitmq-upgrade", "await_online_quorum_plus_one");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
    }

    private static Task<string> EvaluateAsync(ProcessBroker node, string expression) => node.ControlAsync("eval", expression);

    private IEnumerable<ProcessBroker> Others(ProcessBroker node) => Nodes.Where(other => other != node);
}
