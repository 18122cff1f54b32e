using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting.Tests.Health;

/// <summary>A broker that is short of memory, or dies, under a host that runs.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class BlockedHealthTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_broker_that_blocks_publishing_degrades_consumes_on_and_lets_the_host_stop()
    {
        var broker = await brokers.FaultyAsync();
        await using var probe = await broker.ProbeAsync();
        var (queue, texts) = (probe.NewName(), new Collected<string>());
        await using var app = await Build(broker, queue, texts).StartAsync();
        await app.Broker.SendAsync(queue, "before").InTime();
        await texts.ReachAsync(1);

        await broker.RaiseMemoryAlarmAsync();
        var blocked = app.Broker.SendAsync(queue, "held").AsTask(); // whoever publishes is told
        await Eventually.IsTrueAsync("degraded", async () => (await CheckAsync(app)).Status == HealthStatus.Degraded);
        var description = (await CheckAsync(app)).Description;
        var took = await Patience.TimedAsync(app.StopAsync);
        await broker.ClearMemoryAlarmAsync();

        Assert.StartsWith("The broker takes no publishes: ", description, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(25));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked.InTime());
    }

    [Fact]
    public async Task A_broker_that_dies_and_comes_back_finds_the_host_at_work()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var before = await broker.ProbeAsync();
        var (queue, texts) = (before.NewName(), new Collected<string>());
        await using var app = await Build(broker, queue, texts).StartAsync();
        await app.Broker.SendAsync(queue, "before").InTime();
        await texts.ReachAsync(1);

        await broker.KillAsync();
        await Eventually.IsTrueAsync("degraded", async () => (await CheckAsync(app)).Status == HealthStatus.Degraded);
        await broker.StartAgainAsync();
        await app.Broker.SendAsync(queue, "after", new() { Deadline = TimeSpan.FromMinutes(2) }).InTime(120);

        // The broker may have died before it had the ack of the first, which then comes again.
        await Eventually.IsTrueAsync("handled", () => texts.All.Contains("after"), TimeSpan.FromSeconds(120));
        await Eventually.IsTrueAsync("healthy", async () => (await CheckAsync(app)).Status == HealthStatus.Healthy, TimeSpan.FromSeconds(60));
        await using var probe = await broker.ProbeAsync();
        probe.Owns(queue);
    }

    private static App Build(BrokerUnderTest broker, string queue, Collected<string> texts) => App.Build(builder =>
    {
        // Classic, because a broker that is killed right after it has made a quorum queue has lost it.
        builder.Services.AddBroker(broker.Uri.OriginalString).ConfigureHosting(App.WithBroker)
            .DeclareQueue(queue, new() { Type = QueueType.Classic })
            .AddConsumer<string>(queue, (_, text, _, _) =>
            {
                texts.Add(text);
                return Task.CompletedTask;
            });
        builder.Services.AddHealthChecks().AddBroker();
    });

    private static async Task<HealthReportEntry> CheckAsync(App app) =>
        (await app.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime()).Entries["broker"];
}
