using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Consuming;

public sealed class BatchConsumerTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(30);

    private readonly Batches _batches = new();

    [Fact]
    public async Task A_handler_class_gets_typed_messages_many_at_a_time()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await Build(queue, static (broker, queue) => broker.AddBatchConsumer<BatchHandler, Order>(queue, 3, s_wait)).StartAsync();

        await app.Broker.SendAllAsync(queue, [Json(0), Json(1), Json(2)]);
        var (orders, deliveries, _) = Assert.Single(await _batches.Seen.ReachAsync(1));

        Assert.Equal([0, 1, 2], orders.Select(order => order.Id));
        Assert.Equal([Json(0), Json(1), Json(2)], deliveries.Select(delivery => delivery.GetText()));
        await app.StopAsync();
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_delegate_gets_the_services_of_the_batchs_scope()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, seen) = (probe.NewName(), new Collected<int>());
        await using var app = await Build(queue, (broker, queue) => broker.AddBatchConsumer(
            queue,
            (services, deliveries, _) =>
            {
                seen.Add(services.GetRequiredService<Batches>() == _batches ? deliveries.Count : 0);
                return Task.CompletedTask;
            },
            2, s_wait)).StartAsync();

        await app.Broker.SendAllAsync(queue, Clients.Numbers(4));

        Assert.Equal([2, 2], await seen.ReachAsync(2));
    }

    [Fact]
    public async Task A_message_that_cannot_be_decoded_leaves_its_batch_and_the_others_are_handled()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var app = await Build(queue, static (broker, queue) => broker.AddBatchConsumer<BatchHandler, Order>(queue, 4, s_wait)).StartAsync();

        foreach (var body in new[] { Json(0), "{", Json(2), "]" })
            await app.Broker.SendAsync(queue, Message.FromBytes(System.Text.Encoding.UTF8.GetBytes(body))).InTime();
        var (orders, _, _) = Assert.Single(await _batches.Seen.ReachAsync(1));
        var failed = probe.Failed(queue);
        await failed.WaitForCountAsync(2);

        Assert.Equal([0, 2], orders.Select(order => order.Id));
        Assert.Equal(["{", "]"], (await failed.TakeAsync()).Select(message => message.Text));
    }

    [Fact]
    public async Task Each_batch_and_each_attempt_at_one_has_a_scope_of_its_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        _batches.Failures = 1;
        await using var app = await Build(queue, static (broker, queue) => broker.AddBatchConsumer<BatchHandler, Order>(
            queue, 1, s_wait, static consumer => consumer.FailurePolicy = FailurePolicy.Retry(delay: TimeSpan.FromMilliseconds(1)))).StartAsync();

        await app.Broker.SendAllAsync(queue, [Json(0), Json(1)]);
        var seen = await _batches.Seen.ReachAsync(3);

        Assert.Equal([0, 0, 1], seen.Select(batch => batch.Orders[0].Id));
        Assert.Equal(3, seen.Select(batch => batch.Scope).Distinct().Count());
    }

    [Fact]
    public async Task A_batch_that_could_never_be_full_fails_the_start_of_the_host()
    {
        await using var app = Build("any", static (broker, queue) => broker.AddBatchConsumer<BatchHandler, Order>(
            queue, 10, s_wait, static consumer => consumer.Prefetch = 5));

        var error = await Assert.ThrowsAsync<ArgumentException>(app.StartAsync);

        Assert.Contains("below the size of a batch (10)", error.Message, StringComparison.Ordinal);
    }

    private App Build(string queue, Action<IBrokerBuilder, string> add) => App.Build(brokers.Shared.Uri, broker =>
    {
        broker.Services.AddSingleton(_batches).AddScoped<Scope>();
        add(broker.AddJsonOptions(System.Text.Json.JsonSerializerOptions.Web).ConfigureHosting(App.WithBroker).DeclareQueue(queue), queue);
    });

    private static string Json(int id) => $$"""{"id":{{id}},"item":"anvil"}""";

    internal sealed class Scope;

    internal sealed class Batches
    {
        public Collected<(IReadOnlyList<Order> Orders, IReadOnlyList<Delivery> Deliveries, Scope Scope)> Seen { get; } = new();

        public int Failures { get; set; }
    }

    private sealed class BatchHandler(Batches batches, Scope scope) : IBatchHandler<Order>
    {
        public Task HandleAsync(IReadOnlyList<Order> messages, IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            batches.Seen.Add((messages, deliveries, scope));
            return batches.Failures-- > 0 ? throw new TimeoutException() : Task.CompletedTask;
        }
    }
}
