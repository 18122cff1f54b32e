using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Broker.Client.Hosting.Tests.Lifetime;

/// <summary>A host starts: with the broker there, away, slow, and against it.</summary>
public sealed class StartTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_was_registered_is_declared_though_nothing_consumes_or_publishes()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await App.Build(brokers.Shared.Uri, broker => broker.DeclareQueue(queue).ConfigureHosting(static _ => { })).StartAsync();

        await Eventually.IsTrueAsync("the queue is declared", () => probe.ExistsAsync(queue));
    }

    [Fact]
    public async Task Consumers_begin_when_all_services_have_started()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, order) = (probe.NewName(), new Collected<string>());
        await probe.DeclareAsync(queue);
        await probe.PublishAsync(queue, "waiting");
        await using var app = App.Build(builder =>
        {
            builder.Services.AddBroker(brokers.Shared.Uri.OriginalString).AddConsumer(queue, (_, _, _) =>
            {
                order.Add("handled");
                return Task.CompletedTask;
            });
            builder.Services.AddHostedService(_ => new Slow(() => order.Add("started")));
        });

        await app.StartAsync();

        Assert.Equal(["started", "handled"], await order.ReachAsync(2));
    }

    [Fact]
    public async Task A_host_starts_while_the_broker_is_away_and_consumes_when_it_is_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        var (queue, texts) = (probe.NewName(), new Collected<string>());
        await using var app = await Echo(relay.Uri, queue, texts).StartAsync();

        await app.Logs.WaitForAsync(line => line.Id == 1002, s_patience);
        Assert.False(await probe.ExistsAsync(queue));
        relay.AcceptAgain();
        await probe.WaitForConsumersOfNewQueueAsync(queue, s_patience);
        await probe.PublishAsync(queue, "late");

        Assert.Equal(["late"], await texts.ReachAsync(1));
    }

    [Fact]
    public async Task A_host_that_fails_fast_does_not_start_while_the_broker_is_away()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var app = App.Build(
            relay.Uri, static broker => broker.ConfigureHosting(App.WithBroker),
            static options => options.ConnectDeadline = TimeSpan.FromSeconds(0.5));

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(app.StartAsync);

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
    }

    [Fact]
    public async Task A_host_that_fails_fast_does_not_start_with_a_declaration_that_is_refused()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var app = App.Build(
            brokers.Shared.Uri, broker => broker.DeclareQueue(queue).ConfigureHosting(App.WithBroker));

        var error = await Assert.ThrowsAsync<TopologyException>(app.StartAsync);

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains("Type = QueueType.Classic", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_fails_fast_does_not_start_with_a_consumer_that_is_refused()
    {
        await using var app = Missing(brokers.Shared.Uri, App.WithBroker);

        var error = await Assert.ThrowsAsync<ConsumerException>(app.StartAsync);

        Assert.Equal(ConsumerFailure.QueueNotFound, error.Reason);
        Assert.DoesNotContain(app.Logs.Lines, line => line.Id is 6000 or 6001);
    }

    [Fact]
    public async Task A_host_that_fails_fast_has_started_when_its_consumers_are_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, texts) = (probe.NewName(), new Collected<string>());
        await using var app = Echo(brokers.Shared.Uri, queue, texts, App.WithBroker);

        await app.StartAsync();

        Assert.Equal(ConsumerState.Consuming, Assert.Single(app.Broker.Consumers).Status.State);
        await probe.WaitForConsumersAsync(queue, 1);
    }

    [Fact]
    public async Task A_consumer_that_fails_for_good_is_logged_and_the_host_goes_on()
    {
        await using var app = await Missing(brokers.Shared.Uri, static _ => { }).StartAsync();

        var line = await app.Logs.WaitForAsync(each => each.Id == 6000, s_patience);

        Assert.Contains("no.such.queue", line.Text, StringComparison.Ordinal);
        Assert.False(app.Lifetime.ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_consumer_that_fails_for_good_stops_the_host_where_that_was_chosen()
    {
        await using var app = await Missing(brokers.Shared.Uri, static host => host.StopHostWhenConsumerFails = true).StartAsync();

        await app.Host.WaitForShutdownAsync().InTime();

        Assert.Contains(app.Logs.Lines, line => line.Id == 6001);
    }

    [Fact]
    public async Task A_broker_that_takes_its_time_holds_up_no_start()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        proxy.Both.Delay(TimeSpan.FromMilliseconds(300));
        var (queue, texts) = (probe.NewName(), new Collected<string>());
        await using var app = Echo(proxy.Uri, queue, texts);

        await app.StartAsync();
        var state = app.Broker.State;
        await probe.WaitForConsumersOfNewQueueAsync(queue, s_patience);
        await probe.PublishAsync(queue, "slow");

        Assert.Equal(BrokerConnectionState.Idle, state);
        Assert.Equal(["slow"], await texts.ReachAsync(1));
    }

    [Fact]
    public async Task A_login_that_is_mended_while_the_host_runs_starts_its_consumers()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, texts, password) = (probe.NewName(), new Collected<string>(), "wrong");
        var login = BrokerOptions.Parse(brokers.Shared.Uri.OriginalString);
        await using var app = await Echo(
            brokers.Shared.Uri, queue, texts, configure: options =>
            {
                options.CredentialsProvider = _ => new(new BrokerCredentials(login.UserName, password));
                options.MaxReconnectDelay = TimeSpan.FromSeconds(0.2);
            }).StartAsync();
        await app.Logs.WaitForAsync(line => line.Id == 6002, s_patience);

        password = login.Password;
        await probe.WaitForConsumersOfNewQueueAsync(queue, s_patience);
        await probe.PublishAsync(queue, "mended");

        Assert.Equal(["mended"], await texts.ReachAsync(1));
    }

    [Fact]
    public async Task Options_that_cannot_work_fail_the_start_before_anything_connects()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var app = App.Build(builder => builder.Services
            .AddBroker(Configured.Json($$"""
                { "Broker": { "Uri": "{{relay.Uri.OriginalString}}", "Consumers": { "orders": { "Prefetch": 2, "Concurrency": 3 } } } }
                """).GetSection("Broker"))
            .AddConsumer("orders", static (_, _, _) => Task.CompletedTask));

        var error = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(app.StartAsync);

        Assert.StartsWith(
            "The consumer of 'orders': Broker:Consumers:orders:Concurrency, Broker:Consumers:orders:Prefetch: ConsumerOptions.Prefetch (2) is below Concurrency (3)",
            error.Message, StringComparison.Ordinal);
        Assert.Equal(0, relay.Accepted);
    }

    private static App Echo(
        Uri uri, string queue, Collected<string> texts, Action<BrokerHostingOptions>? host = null, Action<BrokerOptions>? configure = null) =>
        App.Build(
            uri,
            broker => broker.DeclareQueue(queue).ConfigureHosting(host ?? (static _ => { })).AddConsumer<string>(queue, (_, text, _, _) =>
            {
                texts.Add(text);
                return Task.CompletedTask;
            }),
            configure);

    private static App Missing(Uri uri, Action<BrokerHostingOptions> host) => App.Build(
        uri, broker => broker.ConfigureHosting(host).AddConsumer("no.such.queue", static (_, _, _) => Task.CompletedTask));

    private sealed class Slow(Action started) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken);
            started();
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
