using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting.Tests.Health;

/// <summary>The checks as an application asks them.</summary>
public sealed class HealthCheckTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_host_whose_consumers_consume_is_healthy_and_asking_dials_nobody()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var queue = probe.NewName();
        await using var app = await Build(relay.Uri, queue, App.WithBroker).StartAsync();
        var before = relay.Accepted;

        for (var round = 0; round < 100; round++)
            await AssertAsync(app, HealthStatus.Healthy, HealthStatus.Healthy);

        Assert.Equal(before, relay.Accepted);
        var report = await CheckAsync(app, "ready");
        Assert.Equal("Connected", report.Data["state"]);
        Assert.StartsWith($"{queue}: Consuming, 0 in flight", (string)report.Data["consumer 1"], StringComparison.Ordinal);
        Assert.Equal(["broker", "broker-live"], (await ReportAsync(app, static _ => true)).Entries.Keys.Order());
    }

    [Fact]
    public async Task A_broker_that_is_away_degrades_and_kills_no_process()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var app = await Build(relay.Uri, probe.NewName()).StartAsync();

        await BecomesAsync(app, HealthStatus.Degraded, "The broker is away, and is tried again: Cannot reach");
        await AssertAsync(app, HealthStatus.Degraded, HealthStatus.Healthy);
        relay.AcceptAgain();
        await BecomesAsync(app, HealthStatus.Healthy);
        relay.Refuse();
        relay.CutAll();
        await BecomesAsync(app, HealthStatus.Degraded);
        await AssertAsync(app, HealthStatus.Degraded, HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_declaration_that_was_refused_degrades_the_application_that_started_without_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var app = await App.Build(brokers.Shared.Uri, broker =>
        {
            broker.DeclareQueue(queue).ConfigureHosting(static _ => { });
            broker.Services.AddHealthChecks().AddBroker();
        }).StartAsync();

        await BecomesAsync(app, HealthStatus.Degraded, "The broker has refused what was to be declared: ");
    }

    [Fact]
    public async Task A_login_that_is_refused_is_unhealthy_and_kills_no_process()
    {
        const string Canary = "c4nary";
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString).AddConsumer("orders", static (_, _, _) => Task.CompletedTask);
            builder.Services.AddBroker(static options => options.Password = Canary);
            builder.Services.AddHealthChecks().AddBroker();
        }).StartAsync();

        await BecomesAsync(app, HealthStatus.Unhealthy, "The broker lets no one in: ");

        await AssertAsync(app, HealthStatus.Unhealthy, HealthStatus.Healthy);
        var report = await CheckAsync(app, "ready");
        Assert.DoesNotContain(Canary, $"{report.Description} {report.Exception} {string.Join(' ', report.Data.Values)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consumer_that_has_failed_for_good_is_unhealthy_and_worth_a_new_start()
    {
        await using var app = await Build(brokers.Shared.Uri, queue: null).StartAsync();

        await BecomesAsync(app, HealthStatus.Unhealthy, "The consumer of 'no.such.queue' has failed for good: ");

        await AssertAsync(app, HealthStatus.Unhealthy, HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task A_consumer_that_is_paused_degrades_until_it_goes_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var app = await Build(brokers.Shared.Uri, probe.NewName(), App.WithBroker).StartAsync();
        var consumer = Assert.Single(app.Broker.Consumers);

        await consumer.PauseAsync().InTime();
        await AssertAsync(app, HealthStatus.Degraded, HealthStatus.Healthy);
        await consumer.ResumeAsync().InTime();

        await BecomesAsync(app, HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_handler_that_does_not_return_degrades()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, gate) = (probe.NewName(), new Signal());
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString).ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddConsumer(
                queue, (_, _, _) => gate.Task, static consumer => consumer.HandlerTimeout = TimeSpan.FromSeconds(0.2));
            builder.Services.AddHealthChecks().AddBroker();
        }).StartAsync();
        await app.Broker.SendAsync(queue, "x").InTime();

        await BecomesAsync(app, HealthStatus.Degraded, $"1 handlers of '{queue}' do not return");

        gate.Set();
        await BecomesAsync(app, HealthStatus.Healthy);
    }

    [Fact]
    public async Task Brokers_by_key_have_checks_of_their_own()
    {
        await using var app = App.Build(builder =>
        {
            builder.Services.AddKeyedBroker("east", brokers.Shared.Uri.OriginalString);
            builder.Services.AddHealthChecks().AddBroker("east").AddBroker("west", "named");
        });

        var report = await ReportAsync(app, static _ => true);

        Assert.Equal(["broker-east", "broker-east-live", "named", "named-live"], report.Entries.Keys.Order());
        Assert.Equal((HealthStatus.Healthy, HealthStatus.Unhealthy), (report.Entries["broker-east"].Status, report.Entries["named"].Status));
        Assert.Contains("BrokerClient", report.Entries["named"].Exception?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumers_that_the_application_starts_by_itself_are_seen_too()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var app = App.Build(builder =>
        {
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString);
            builder.Services.AddHealthChecks().AddBroker();
        });
        var queue = await app.Broker.DeclareAsync(probe);
        await using var consumer = await app.Broker.ConsumeAsync(queue, static _ => { });

        await consumer.PauseAsync().InTime();

        Assert.StartsWith($"{queue}: Paused", (string)(await CheckAsync(app, "ready")).Data["consumer 1"], StringComparison.Ordinal);
    }

    private static App Build(Uri uri, string? queue, Action<BrokerHostingOptions>? host = null) => App.Build(builder =>
    {
        var broker = builder.Services.AddBroker(uri.OriginalString).ConfigureHosting(host ?? (static _ => { }));
        if (queue is not null)
            broker.DeclareQueue(queue);
        broker.AddConsumer(queue ?? "no.such.queue", static (_, _, _) => Task.CompletedTask);
        builder.Services.AddHealthChecks().AddBroker();
    });

    private static Task BecomesAsync(App app, HealthStatus ready, string description = "") => Eventually.IsTrueAsync(
        $"{ready} {description}",
        async () => await CheckAsync(app, "ready") is var report && report.Status == ready
            && (report.Description ?? "").Contains(description, StringComparison.Ordinal),
        TimeSpan.FromSeconds(40));

    private static async Task AssertAsync(App app, HealthStatus ready, HealthStatus live) =>
        Assert.Equal((ready, live), ((await CheckAsync(app, "ready")).Status, (await CheckAsync(app, "live")).Status));

    private static async Task<HealthReportEntry> CheckAsync(App app, string tag) =>
        Assert.Single((await ReportAsync(app, check => check.Tags.Contains(tag))).Entries).Value;

    private static Task<HealthReport> ReportAsync(App app, Func<HealthCheckRegistration, bool> which) =>
        app.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(which).InTime();
}
