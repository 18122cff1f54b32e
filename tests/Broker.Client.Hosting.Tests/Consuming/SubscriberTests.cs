using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Consuming;

public sealed class SubscriberTests(BrokerFixture brokers)
{
    private readonly Inbox _inbox = new();

    [Fact]
    public async Task A_subscriber_goes_on_with_the_next_host_where_the_last_one_stopped()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        var stream = NewStream(probe);
        for (var host = 0; host < 2; host++)
        {
            await using var app = await Build(stream, broker => broker.AddSubscriber<OrderHandler, Order>(stream, "a")).StartAsync();
            await app.Broker.SendManyAsync(stream, Enumerable.Range(host * 5, 5).Select(Json)).InTime();

            Assert.Equal(Enumerable.Range(0, (host + 1) * 5), (await _inbox.Orders.ReachAsync((host + 1) * 5)).Select(each => each.Order.Id));
            await app.StopAsync();
        }
    }

    [Fact]
    public async Task Each_subscriber_of_a_stream_gets_its_events_and_the_configuration_wins_over_the_code()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        var (stream, others, store) = (NewStream(probe), new Collected<string>(), new MemoryOffsetStore());
        await using var app = App.Build(builder =>
        {
            builder.Services.AddSingleton(_inbox);
            builder.Services.AddBroker(Configured.Json($$"""
                { "Broker": { "Uri": "{{brokers.Shared.Uri.OriginalString}}", "Consumers": { "{{stream}}": { "Prefetch": 2, "StreamOffset": "3" } } } }
                """).GetSection("Broker"))
                .AddJsonOptions(System.Text.Json.JsonSerializerOptions.Web).ConfigureHosting(App.WithBroker).DeclareStream(stream)
                .AddSubscriber<Order>(
                    stream, "a", (services, order, delivery, _) =>
                    {
                        services.GetRequiredService<Inbox>().Orders.Add((order, delivery));
                        return Task.CompletedTask;
                    },
                    options => (options.Prefetch, options.Store) = (100, store))
                .AddSubscriber(stream, "b", (_, delivery, _) =>
                {
                    others.Add(delivery.GetText());
                    return Task.CompletedTask;
                }, options => options.Store = store);
        });
        await app.StartAsync();
        await app.Broker.SendManyAsync(stream, Enumerable.Range(0, 6).Select(Json)).InTime();

        Assert.Equal([3, 4, 5], (await _inbox.Orders.ReachAsync(3)).Select(each => each.Order.Id));
        await others.ReachAsync(3);
        await app.StopAsync();
        Assert.Equal((6, 6), (await store.ReadAsync(stream, "a"), await store.ReadAsync(stream, "b")));
    }

    [Fact]
    public async Task What_cannot_be_decoded_is_parked_beside_its_subscriber()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        var stream = NewStream(probe);
        await using var app = await Build(stream, broker => broker.AddSubscriber<OrderHandler, Order>(stream, "a")).StartAsync();

        await app.Broker.SendAsync(stream, Message.FromBytes("{"u8.ToArray())).InTime();
        await app.Broker.SendManyAsync(stream, [Json(7)]).InTime();

        Assert.Equal(7, Assert.Single(await _inbox.Orders.ReachAsync(1)).Order.Id);
        var failed = new FailedQueue(probe, $"{stream}.a.failed");
        await failed.WaitForCountAsync(1);
        Assert.Equal("{", Assert.Single(await failed.TakeAsync()).Text);
    }

    private static string NewStream(BrokerProbe probe)
    {
        var stream = probe.NewName("stream");
        probe.Owns($"{stream}.a.offset");
        probe.Owns($"{stream}.b.offset");
        return stream;
    }

    private static Message Json(int id) => Message.FromJson(new Order(id, "anvil"));

    private App Build(string stream, Action<IBrokerBuilder> add) => App.Build(brokers.Shared.Uri, broker =>
    {
        broker.Services.AddSingleton(_inbox);
        add(broker.AddJsonOptions(System.Text.Json.JsonSerializerOptions.Web).ConfigureHosting(App.WithBroker).DeclareStream(stream));
    });
}
