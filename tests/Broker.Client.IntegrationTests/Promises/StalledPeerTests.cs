using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What follows when the peer has stopped reading.</summary>
public enum StallEnd
{
    Never,
    Reset,
    Close,
}

/// <summary>P1: every publish ends by its deadline in exactly one outcome, whatever the peer does (upstream #1930).</summary>
[Trait("Promise", "P1")]
[Trait("Upstream", "1930")]
public sealed class StalledPeerTests(BrokerFixture brokers)
{
    private const int Callers = 400;
    private const int BodyBytes = 65_000; // 26 MB in all: more than the buffers on the way take
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private TimeSpan _latest;

    [Theory]
    [InlineData(StallEnd.Never, 1)]
    [InlineData(StallEnd.Reset, 1)]
    [InlineData(StallEnd.Close, 1)]
    [InlineData(StallEnd.Reset, 32)]
    public async Task Every_publish_to_a_peer_that_stops_reading_ends_by_its_deadline(StallEnd end, int channels)
    {
        var run = new PromiseRun("P1", brokers.Shared);
        var rounds = Promise.Figure(pr: 2, night: 20, release: 20);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var client = await proxy.ConnectAsync(options => options.Publisher.Channels = channels);
        var queue = await client.DeclareAsync(probe, new() { Type = QueueType.Classic });

        var attempts = new List<Attempt>();
        for (var round = 0; round < rounds; round++)
        {
            await client.SendAsync(queue, "opens the connection", new() { Deadline = TimeSpan.FromSeconds(20) }).InTime(21);
            // Every other time the peer stays away, so that the publishes end without it.
            attempts.AddRange(await RunAsync(proxy, client, queue, round, end, comesBack: round % 2 == 0));
        }

        await client.SendAsync(queue, "comes after all of it").InTime();
        var arrivals = (await raw.ReadAllAsync(queue)).Where(arrival => arrival.Serial is not null).ToList();
        var found = TotalQueue.Check(attempts, arrivals);
        run.Conclude(
            rounds, proxy.Bites.Count(bite => bite.Fault == "stall"), found.Breaches,
            new { end, channels, publishes = attempts.Count, latest = Math.Round(_latest.TotalSeconds, 2), found });
    }

    [Fact]
    public async Task A_client_that_is_stuck_in_its_publishes_ends_in_bounded_time_and_ends_them()
    {
        // It waits for its publishes, for its writers and for a goodbye, five seconds each; here for none, so that any other wait shows.
        var clock = new SkippedTime(5);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var client = await proxy.ConnectAsync(options => (options.Publisher.Channels, options.TimeProvider) = (32, clock));
        var queue = await client.DeclareAsync(probe);
        await client.SendAsync(queue, "opens the connection").InTime();
        proxy.Both.Stall();
        var calls = Enumerable.Range(0, Callers).Select(_ => client.TrySendAsync(queue, new byte[BodyBytes]).AsTask()).ToArray();
        await UntilStuckAsync(client, queue);

        var took = await Patience.TimedAsync(() => client.DisposeAsync().AsTask().InTime());

        Assert.All(await Task.WhenAll(calls).InTime(1), result => Assert.NotEqual(PublishOutcome.Confirmed, result.Outcome));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    private async Task<IEnumerable<Attempt>> RunAsync(FaultProxy proxy, BrokerClient client, string queue, int round, StallEnd end, bool comesBack)
    {
        var stall = proxy.Both.Stall();
        var began = TimeProvider.System.GetTimestamp();
        var calls = Enumerable.Range(0, Callers).Select(caller => PublishAsync(client, queue, new Serial((round * Callers) + caller, 0), end)).ToArray();
        await UntilStuckAsync(client, queue);
        foreach (var connection in proxy.Connections.Where(_ => end != StallEnd.Never))
        {
            if (end == StallEnd.Reset)
                connection.Reset();
            else
                connection.Close();
        }

        if (end != StallEnd.Never && comesBack)
            stall.Lift();
        var left = s_deadline + s_grace - TimeProvider.System.GetElapsedTime(began);
        await Task.WhenAny(Task.WhenAll(calls), Task.Delay(left, TimeProvider.System));
        var ended = calls.Select(call => call.IsCompleted).ToArray();
        if (TimeProvider.System.GetElapsedTime(began) is var took && took > _latest)
            _latest = took;
        stall.Lift();
        var attempts = await Task.WhenAll(calls).InTime(60);
        return attempts.Select((attempt, caller) => ended[caller] ? attempt : attempt with { Outcome = null });
    }

    // What gives up behind all the others shows that nothing moves.
    private static async Task UntilStuckAsync(BrokerClient client, string queue)
    {
        var last = await client.TrySendAsync(queue, "behind them", new() { Deadline = TimeSpan.FromSeconds(0.3) }).InTime();
        Assert.NotEqual(PublishOutcome.Confirmed, last.Outcome);
    }

    private static async Task<Attempt> PublishAsync(BrokerClient client, string queue, Serial serial, StallEnd end)
    {
        var result = await client.TrySendAsync(queue, serial.BodyOf(BodyBytes), new() { Deadline = s_deadline });
        return new Attempt(serial, result.Outcome, result.MessageId, Cuts: end == StallEnd.Never ? 0 : 1);
    }
}
