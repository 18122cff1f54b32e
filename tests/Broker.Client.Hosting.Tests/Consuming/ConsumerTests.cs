using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Consuming;

/// <summary>Every way to register a consumer, resolved by a host and run.</summary>
public sealed class ConsumerTests(BrokerFixture brokers)
{
    private readonly Inbox _inbox = new();

    [Fact]
    public async Task A_handler_class_gets_typed_messages_and_what_it_asks_the_container_for()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await Build(broker => broker.DeclareQueue(queue).AddConsumer<OrderHandler, Order>(queue)).StartAsync();

        await probe.PublishAsync(queue, """{ "id": 7, "item": "anvil" }""");
        var (order, delivery) = Assert.Single(await _inbox.Orders.ReachAsync(1));

        Assert.Equal(new Order(7, "anvil"), order);
        Assert.Equal(queue, delivery.Queue);
        await app.StopAsync();
        await probe.WaitForConsumersAsync(queue, 0); // which a quorum queue tells a moment later
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_delegate_gets_the_services_of_the_scope_and_the_delivery()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, texts) = (probe.NewName(), new Collected<string>());
        await using var app = await Build(broker => broker.DeclareQueue(queue).AddConsumer(queue, (services, delivery, _) =>
        {
            texts.Add($"{delivery.GetText()} {services.GetRequiredService<Inbox>() == _inbox}");
            return Task.CompletedTask;
        })).StartAsync();

        await probe.PublishAsync(queue, "hello");

        Assert.Equal(["hello True"], await texts.ReachAsync(1));
    }

    [Fact]
    public async Task A_delegate_gets_typed_messages()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await Build(broker => broker.DeclareQueue(queue).AddConsumer<Order>(queue, (services, order, delivery, _) =>
        {
            services.GetRequiredService<Inbox>().Orders.Add((order, delivery));
            return Task.CompletedTask;
        })).StartAsync();

        await probe.PublishAsync(queue, """{ "id": 7, "item": "anvil" }""");

        Assert.Equal(new Order(7, "anvil"), Assert.Single(await _inbox.Orders.ReachAsync(1)).Order);
    }

    [Fact]
    public async Task Keyed_brokers_have_consumers_of_their_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (east, west) = (probe.NewName(), probe.NewName());
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddSingleton(_inbox);
            foreach (var (key, queue) in new[] { ("east", east), ("west", west) })
                builder.Services.AddKeyedBroker(key, brokers.Shared.Uri.OriginalString).DeclareQueue(queue).ConfigureHosting(App.WithBroker).AddConsumer<OrderHandler, Order>(queue);
        }).StartAsync();

        await probe.PublishAsync(east, """{ "id": 1, "item": "east" }""");
        await probe.PublishAsync(west, """{ "id": 2, "item": "west" }""");

        Assert.Equal(["east", "west"], (await _inbox.Orders.ReachAsync(2)).Select(each => each.Order.Item).Order());
        Assert.Equal(east, Assert.Single(app.Host.Services.GetRequiredKeyedService<BrokerClient>("east").Consumers).Queue);
    }

    [Fact]
    public async Task The_options_of_a_consumer_are_those_in_code_and_upon_them_those_of_its_queue_in_the_file()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, running, gate) = (probe.NewName(), new Collected<int>(), new Signal());
        await using var app = await App.Build(builder =>
        {
            builder.Services
                .AddBroker(Configured.Json($$"""
                    { "Broker": { "Uri": "{{brokers.Shared.Uri.OriginalString}}", "FailFast": true, "Consumers": { "{{queue}}": { "Concurrency": 3 } } } }
                    """).GetSection("Broker"))
                .DeclareQueue(queue)
                .AddConsumer(queue, (_, _, _) =>
                {
                    running.Add(1);
                    return gate.Task;
                }, consumer => (consumer.Concurrency, consumer.Prefetch) = (1, 5));
        }).StartAsync();
        await probe.PublishAsync(queue, Clients.Numbers(10));

        await running.ReachAsync(3);
        await probe.WaitForCountAsync(queue, 5);

        Assert.Equal(3, running.Count);
        gate.Set();
    }

    [Fact]
    public async Task A_message_that_fails_goes_where_the_policy_sends_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await Build(broker => broker.DeclareQueue(queue).AddConsumer<Order>(
            queue, (_, _, _, _) => throw new TimeoutException("The database is away."),
            consumer => consumer.FailurePolicy = FailurePolicy.Park())).StartAsync();
        var failed = probe.Failed(queue);

        await probe.PublishAsync(queue, """{ "id": 7, "item": "anvil" }""");
        await failed.WaitForCountAsync(1);

        Assert.Equal("System.TimeoutException", Assert.Single(await failed.TakeAsync()).Header("x-parked-exception"));
    }

    private App Build(Action<IBrokerBuilder> add) => App.Build(brokers.Shared.Uri, broker =>
    {
        broker.Services.AddSingleton(_inbox);
        add(broker.ConfigureHosting(App.WithBroker));
    });
}
