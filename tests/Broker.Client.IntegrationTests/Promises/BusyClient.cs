using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A client with all of its parts at work: it publishes, consumes with handlers that await and with handlers that block, calls and serves.</summary>
internal sealed class BusyClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly BrokerClient _client;
    private readonly string[] _queues;
    private readonly string _calls;
    private readonly List<Consumer> _consumers = [];
    private readonly Dictionary<string, Latest> _received;

    private BusyClient(BrokerClient client, string[] queues, string calls)
    {
        (_client, _queues, _calls) = (client, queues, calls);
        _received = queues.ToDictionary(queue => queue, _ => new Latest());
    }

    public static async Task<BusyClient> StartAsync(BrokerOptions options, BrokerProbe probe)
    {
        var client = await BrokerClient.ConnectAsync(options).InTime(60);
        var classic = new QueueOptions { Type = QueueType.Classic };
        string[] queues = [await client.DeclareAsync(probe, classic), await client.DeclareAsync(probe, classic)];
        var busy = new BusyClient(client, queues, await client.DeclareAsync(probe, classic));
        busy._consumers.Add(await client.ConsumeAsync(queues[0], async delivery =>
        {
            await Task.Yield();
            busy._received[queues[0]].Set(delivery.GetText());
        }).InTime());
        busy._consumers.Add(await client.ConsumeAsync(queues[1], delivery => busy._received[queues[1]].Set(delivery.GetText())).InTime());
        busy._consumers.Add(await client.ServeAsync(busy._calls, request => Message.FromText(request.GetText())).InTime());
        await busy.WorkAsync(0);
        return busy;
    }

    /// <summary>Each of its parts has worked once.</summary>
    public async Task WorkAsync(int cycle)
    {
        foreach (var queue in _queues)
        {
            await _client.SendAsync(queue, $"{cycle}").InTime(60);
            await _received[queue].ReachAsync($"{cycle}").WaitAsync(s_patience, TimeProvider.System);
        }

        var reply = await _client.CallAsync(_calls, $"{cycle}", s_patience).InTime(60);
        Assert.Equal($"{cycle}", reply.GetText());
    }

    /// <summary>Has something under way with each of its parts while its connections are lost.</summary>
    public async Task LoseConnectionsAsync(Action cut)
    {
        var sending = _queues.Select(queue => _client.SendAsync(queue, "under way").AsTask()).ToArray();
        var calling = _client.CallAsync(_calls, "under way", s_patience);
        cut();
        await Task.WhenAll(sending).InTime(60);
        try
        {
            await calling.InTime(60);
        }
        catch (CallException)
        {
            // A request that was sent is never sent again.
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var consumer in _consumers)
            await consumer.DisposeAsync();
        await _client.DisposeAsync();
    }

    /// <summary>What came last, and a wait for what is to come.</summary>
    private sealed class Latest
    {
        private readonly Lock _lock = new(); // guards both
        private string? _text;
        private (string Text, TaskCompletionSource Reached)? _awaited;

        public void Set(string text)
        {
            lock (_lock)
            {
                _text = text;
                if (_awaited is { } awaited && awaited.Text == text)
                    awaited.Reached.TrySetResult();
            }
        }

        public Task ReachAsync(string text)
        {
            lock (_lock)
            {
                if (_text == text)
                    return Task.CompletedTask;
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited = (text, reached);
                return reached.Task;
            }
        }
    }
}
