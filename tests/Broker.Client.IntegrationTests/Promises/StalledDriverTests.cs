using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.Testing;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P1's control: the same 400 publishes with plain RabbitMQ.Client and its own confirms wait for ever.</summary>
[Trait("Promise", "P1")]
public sealed class StalledDriverTests(BrokerFixture brokers)
{
    private const int Callers = 400;

    [Fact]
    public async Task The_driver_alone_leaves_its_publishes_pending_when_a_stalled_peer_resets_the_connection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        // Neither is disposed: both would wait for ever too.
        var connection = await new ConnectionFactory { Uri = proxy.Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));

        var stall = proxy.Both.Stall();
        var calls = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () => await channel.BasicPublishAsync("", queue, new byte[65_000]))).ToArray();
        foreach (var call in calls)
            _ = call.ContinueWith(static ended => ended.Exception, TaskScheduler.Default); // how they end is the driver's affair
        await stall.WaitForBiteAsync();
        await Task.WhenAny(Task.WhenAny(calls), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System)); // 26 MB are on their way, or stuck
        foreach (var each in proxy.Connections)
            each.Reset();
        await Task.WhenAny(Task.WhenAll(calls), Task.Delay(TimeSpan.FromSeconds(2.5), TimeProvider.System));

        var pending = calls.Count(call => !call.IsCompleted);
        Promise.Report(new { promise = "P1", control = "RabbitMQ.Client", publishes = Callers, pending });
        Assert.True(pending > 0, "The driver ends them itself now: see whether our own way round is still wanted.");
    }
}
