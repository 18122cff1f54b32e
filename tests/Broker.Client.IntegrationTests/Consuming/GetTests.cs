using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Single messages by <c>GetAsync</c>.</summary>
public sealed class GetTests(BrokerFixture brokers)
{
    [Fact]
    public async Task An_empty_queue_gives_null()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        Assert.Null(await broker.GetAsync(queue).InTime());
        Assert.Null(await broker.GetAsync(queue).InTime());
    }

    [Fact]
    public async Task Each_verdict_has_its_effect()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var dead = await broker.DeclareAsync(probe);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead });
        await broker.SendAllAsync(queue, ["ack", "retry", "release", "dead-letter"]);

        var deliveries = new List<Delivery>();
        while (await broker.GetAsync(queue).InTime() is { } delivery)
            deliveries.Add(delivery);
        Assert.True(await deliveries[0].AckAsync().InTime());
        Assert.True(await deliveries[1].RetryAsync().InTime());
        Assert.True(await deliveries[2].ReleaseAsync().InTime());
        Assert.True(await deliveries[3].DeadLetterAsync().InTime());

        await probe.WaitForCountAsync(dead, 1);
        await probe.WaitForCountAsync(queue, 2);
        Assert.Equal("dead-letter", (await probe.GetAsync(dead))?.Text);
        Assert.Equal([("release", true), ("retry", true)], (await probe.DrainAsync(queue)).Select(message => (message.Text, message.Redelivered)).Order());
    }

    [Fact]
    public async Task A_second_verdict_throws_and_later_gets_go_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var first = (await broker.GetAsync(queue).InTime())!;
        await first.AckAsync().InTime();

        await Assert.ThrowsAsync<InvalidOperationException>(() => first.AckAsync().InTime());

        var second = (await broker.GetAsync(queue).InTime())!;
        Assert.Equal(("second", 2ul), (second.GetText(), second.DeliveryTag));
        Assert.True(await second.AckAsync().InTime());
    }

    [Fact]
    public async Task A_missing_queue_is_an_error_that_disturbs_no_other_get()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var missing = $"missing.{Guid.NewGuid():n}";
        var first = (await broker.GetAsync(queue).InTime())!;

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.GetAsync(missing).InTime());

        Assert.Equal(404, error.ReplyCode);
        Assert.Contains($"'{missing}'", error.Message, StringComparison.Ordinal);
        Assert.True(await first.AckAsync().InTime());
        var second = (await broker.GetAsync(queue).InTime())!;
        Assert.Equal(("second", false), (second.GetText(), second.Redelivered));
        Assert.True(await second.AckAsync().InTime());
        await broker.DisposeAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task What_has_no_verdict_goes_back_when_the_client_is_disposed()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "x").InTime();
        await broker.GetAsync(queue).InTime();

        await broker.DisposeAsync().InTime();

        await probe.WaitForCountAsync(queue, 1);
    }

    [Fact]
    public async Task Gets_from_many_threads_and_many_queues_take_each_message_once()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queues = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => broker.DeclareAsync(probe, new() { Type = QueueType.Classic })));
        foreach (var queue in queues)
            await broker.SendAllAsync(queue, Clients.Numbers(5));

        var taken = await Task.WhenAll(queues.Concat(queues).Select(queue => Task.Run(async () =>
        {
            var texts = new List<string>();
            while (await broker.GetAsync(queue) is { } delivery)
            {
                texts.Add($"{queue} {delivery.GetText()}");
                Assert.True(await delivery.AckAsync());
            }

            return texts;
        }))).InTime();

        Assert.Equal(200, taken.SelectMany(texts => texts).Distinct().Count());
        Assert.Equal(200, taken.Sum(texts => texts.Count));
    }
}
