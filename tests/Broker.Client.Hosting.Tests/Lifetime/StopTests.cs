using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Broker.Client.Hosting.Tests.Lifetime;

/// <summary>A host stops: consumers before the services that they use, publishing last, and all of it in the host's time.</summary>
public sealed class StopTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_stop_waits_for_the_handler_takes_nothing_new_and_keeps_what_it_publishes()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, results, started, gate) = (probe.NewName(), probe.NewName(), new Signal(), new Signal());
        await using var app = await App.Build(brokers.Shared.Uri, broker => broker.DeclareQueue(queue).DeclareQueue(results).ConfigureHosting(App.WithBroker)
            .AddConsumer<string>(queue, async (services, text, _, token) =>
            {
                started.Set();
                await gate.Task;
                await services.GetRequiredService<IPublisher>().SendAsync(results, text, cancellationToken: token);
            })).StartAsync();
        await app.Broker.SendAllAsync(queue, ["0", "1", "2"]);
        await started.Task.InTime();

        var stopping = app.StopAsync();
        await probe.WaitForCountAsync(queue, 2);
        Assert.False(stopping.IsCompleted);
        gate.Set();
        await stopping;

        Assert.Equal("0", Assert.Single(await probe.DrainAsync(results)).Text);
        Assert.Equal(["1", "2"], (await probe.DrainAsync(queue)).Select(message => message.Text));
        Assert.Equal(BrokerConnectionState.Closed, app.Broker.State);
    }

    [Fact]
    public async Task Handlers_end_before_the_services_that_they_use()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, order, started, gate) = (probe.NewName(), new Collected<string>(), new Signal(), new Signal());
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddHostedService(_ => new Told(() => order.Add("the service stops")));
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString).DeclareQueue(queue).ConfigureHosting(App.WithBroker).AddConsumer(queue, async (_, _, _) =>
            {
                started.Set();
                await gate.Task;
                order.Add("the handler ends");
            });
        }).StartAsync();
        await app.Broker.SendAsync(queue, "x").InTime();
        await started.Task.InTime();

        var stopping = app.StopAsync();
        gate.Set();
        await stopping;

        Assert.Equal(["the handler ends", "the service stops"], order.All);
    }

    [Fact]
    public async Task When_the_hosts_time_is_over_handlers_are_cancelled_and_what_was_left_is_told()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, started, cancelled) = (probe.NewName(), new Signal(), new Signal());
        await using var app = await App.Build(builder =>
        {
            builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString).DeclareQueue(queue).ConfigureHosting(App.WithBroker).AddConsumer(queue, async (_, _, token) =>
            {
                started.Set();
                await Record.ExceptionAsync(() => Patience.ForeverAsync(token));
                cancelled.Set();
                token.ThrowIfCancellationRequested();
            });
        }).StartAsync();
        await app.Broker.SendAsync(queue, "x").InTime();
        await started.Task.InTime();

        var took = await Patience.TimedAsync(app.StopAsync);

        await cancelled.Task.InTime();
        Assert.InRange(took, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(6));
        Assert.Contains($"'{queue}'", Assert.Single(app.Logs.Lines, line => line.Id == 6003).Text, StringComparison.Ordinal);
        await probe.WaitForCountAsync(queue, 1);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_token_does_not_keep_the_host()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, started, gate) = (probe.NewName(), new Signal(), new Signal());
        await using var app = await App.Build(
            brokers.Shared.Uri,
            broker => broker.DeclareQueue(queue).ConfigureHosting(App.WithBroker).AddConsumer(
                queue,
                (_, _, _) =>
                {
                    started.Set();
                    return gate.Task;
                },
                static consumer => consumer.DrainTimeout = TimeSpan.FromSeconds(0.3))).StartAsync();
        await app.Broker.SendAsync(queue, "x").InTime();
        await started.Task.InTime();

        var took = await Patience.TimedAsync(app.StopAsync);

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Contains(app.Logs.Lines, line => line.Id == 4008 && line.Text.Contains($"1 handlers of '{queue}'", StringComparison.Ordinal));
        gate.Set();
    }

    [Fact]
    public async Task A_host_stops_while_the_broker_is_away()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var app = await App.Build(
            relay.Uri, static broker => broker.AddConsumer("orders", static (_, _, _) => Task.CompletedTask)).StartAsync();

        var took = await Patience.TimedAsync(app.StopAsync);

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(app.Logs.Lines, line => line.Id is 6000 or 6003);
    }

    [Fact]
    public async Task A_host_stops_while_its_broker_answers_no_more()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var queue = probe.NewName();
        await using var app = await App.Build(relay.Uri, broker => broker.DeclareQueue(queue).ConfigureHosting(App.WithBroker)
            .AddConsumer(queue, static (_, _, _) => Task.CompletedTask)).StartAsync();
        await app.Broker.SendAsync(queue, "opens the connection").InTime();
        relay.Stall();
        var sending = app.Broker.TrySendAsync(queue, "left").AsTask();

        var took = await Patience.TimedAsync(app.StopAsync);

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(25));
        Assert.NotEqual(PublishOutcome.Confirmed, (await sending.InTime()).Outcome);
        Assert.Contains("with 1 publishes that had not ended", Assert.Single(app.Logs.Lines, line => line.Id == 3004).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_under_way_ends_before_the_client_closes()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await App.Build(brokers.Shared.Uri, broker => broker.DeclareQueue(queue).ConfigureHosting(App.WithBroker)).StartAsync();

        var sends = Clients.Numbers(200).Select(text => app.Broker.SendAsync(queue, text).AsTask()).ToArray();
        await app.StopAsync();
        await Task.WhenAll(sends).InTime();

        Assert.Equal(200u, await probe.CountAsync(queue));
    }

    private sealed class Told(Action stopping) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            stopping();
            return Task.CompletedTask;
        }
    }
}
