using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>What was put aside is listed, and sent home.</summary>
public sealed class ParkedTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_listing_tells_all_that_is_known_and_takes_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, exchange) = (await broker.DeclareAsync(probe), probe.NewName("exchange"));
        await probe.DeclareExchangeAsync(exchange);
        await probe.BindAsync(queue, exchange);
        var parking = await ParkAsync(broker, probe, queue, ["one", "two"], text => broker.PublishAsync(
            exchange, "some.key", new Message(System.Text.Encoding.UTF8.GetBytes(text)) { MessageId = $"id {text}", Expiration = TimeSpan.FromMinutes(1), Headers = { ["mine"] = "kept" } }));

        var listed = await ListAsync(broker, parking);

        Assert.Equal(["id one", "id two"], listed.Select(parked => parked.Message.MessageId));
        Assert.All(listed, parked =>
        {
            Assert.Equal(
                ("handler", "System.InvalidOperationException", "no luck", 1, queue, exchange, "some.key"),
                (parked.Reason, parked.ExceptionType, parked.ExceptionMessage, parked.Attempts!.Value, parked.Queue, parked.Exchange, parked.RoutingKey));
            Assert.InRange(parked.FirstTime!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-5), parked.LastTime!.Value);
            Assert.Equal(TimeSpan.FromMinutes(1), parked.Message.Expiration);
            Assert.Equal([KeyValuePair.Create("mine", (object?)"kept")], parked.Message.Headers);
        });
        await probe.WaitForCountAsync(parking, 2);
        Assert.Equal(2, (await ListAsync(broker, parking)).Count);
    }

    [Theory]
    [InlineData(QueueType.Quorum)]
    [InlineData(QueueType.Classic)]
    public async Task Looked_at_thirty_times_it_is_all_still_there(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, parking) = (await broker.DeclareAsync(probe), probe.NewName());
        await broker.DeclareQueueAsync(parking, new QueueOptions { Type = type }).InTime();
        await ParkAsync(broker, probe, queue, Clients.Numbers(5), text => broker.SendAsync(queue, text), parking);

        for (var look = 0; look < 30; look++)
        {
            Assert.Equal(Clients.Numbers(5), (await ListAsync(broker, parking)).Select(Text).Order());
            await probe.WaitForCountAsync(parking, 5);
        }

        var all = await probe.DrainAsync(parking);
        Assert.Equal(Clients.Numbers(5), all.Select(message => message.Text).Order());
        Assert.All(all, message => Assert.Equal((queue, "handler"), (message.Header("x-parked-queue"), message.Header("x-parked-reason"))));
    }

    [Fact]
    public async Task Sent_home_a_message_is_as_it_was_and_is_parked_no_more()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var message = new Message("x"u8.ToArray())
        {
            MessageId = "id", ContentType = "text/plain", CorrelationId = "c", ReplyTo = "r", Type = "t", AppId = "a", Priority = 3, UserId = brokers.Shared.User(),
            Expiration = TimeSpan.FromMinutes(5), Headers = { ["mine"] = 7 },
        };
        var parking = await ParkAsync(broker, probe, queue, ["x"], _ => broker.SendAsync(queue, message));

        Assert.Equal(1, await broker.SendParkedHomeAsync(parking).InTime());

        var home = Assert.IsType<RawMessage>(await probe.GetAsync(queue));
        var properties = home.Properties;
        Assert.Equal(
            ("x", "id", "text/plain", "c", "r", "t", "a", (byte)3, brokers.Shared.User(), "300000"),
            (home.Text, properties.MessageId, properties.ContentType, properties.CorrelationId, properties.ReplyTo, properties.Type, properties.AppId,
                properties.Priority, properties.UserId, properties.Expiration));
        Assert.Equal(7, home.Header("mine"));
        Assert.DoesNotContain(properties.Headers!.Keys, name => name.StartsWith("x-parked", StringComparison.Ordinal));
        Assert.Empty(await probe.DrainAsync(parking));
        Assert.Equal(0, await broker.SendParkedHomeAsync(parking).InTime());
        Assert.Equal(0, await broker.SendParkedHomeAsync(probe.NewName()).InTime()); // where nothing was ever parked
    }

    [Fact]
    public async Task What_the_filter_refuses_and_what_has_no_home_stays()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var parking = await ParkAsync(broker, probe, queue, Clients.Numbers(6), text => broker.SendAsync(queue, text));
        await broker.SendAsync(parking, "a stranger").InTime();

        Assert.Equal(3, await broker.SendParkedHomeAsync(parking, parked => int.Parse(Text(parked), null) % 2 == 0).InTime());

        await probe.WaitForCountAsync(parking, 4);
        Assert.Equal(["1", "3", "5", "a stranger"], (await probe.DrainAsync(parking)).Select(message => message.Text).Order());
        Assert.Equal(["0", "2", "4"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task One_whose_home_is_gone_stays_parked_and_the_others_go()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (one, other, parking) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe), probe.NewName());
        await ParkAsync(broker, probe, one, ["gone"], text => broker.SendAsync(one, text), parking);
        await ParkAsync(broker, probe, other, ["here"], text => broker.SendAsync(other, text), parking, before: 1);
        await broker.DeleteQueueAsync(one).InTime();

        var error = await Assert.ThrowsAsync<PublishManyException>(() => broker.SendParkedHomeAsync(parking).InTime());

        Assert.Equal((1, PublishOutcome.Returned), (error.Confirmed, Assert.Single(error.Failures).Outcome));
        await probe.WaitForCountAsync(parking, 1);
        Assert.Equal("gone", Assert.Single(await probe.DrainAsync(parking)).Text);
        Assert.Equal("here", Assert.Single(await probe.DrainAsync(other)).Text);
    }

    [Fact]
    public async Task What_fails_again_at_home_does_not_go_in_circles()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var parking = await ParkAsync(broker, probe, queue, Clients.Numbers(20), text => broker.SendAsync(queue, text));
        var runs = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            throw new InvalidOperationException("again");
        }, new() { FailurePolicy = FailurePolicy.Park() });

        Assert.Equal(20, await broker.SendParkedHomeAsync(parking).InTime());

        await probe.WaitForCountAsync(parking, 20);
        await consumer.StopAsync().InTime();
        Assert.Equal(20, runs.Count);
    }

    private static string Text(ParkedMessage parked) => System.Text.Encoding.UTF8.GetString(parked.Message.Body.Span);

    private static async Task<List<ParkedMessage>> ListAsync(BrokerClient broker, string parking)
    {
        var listed = new List<ParkedMessage>();
        await foreach (var parked in broker.ListParkedAsync(parking))
            listed.Add(parked);
        return listed;
    }

    /// <summary>Has a handler fail on each of these, and returns the name of the queue that they are parked in then.</summary>
    private static async Task<string> ParkAsync(
        BrokerClient broker, BrokerProbe probe, string queue, string[] texts, Func<string, ValueTask<PublishResult>> publish, string? parking = null, uint before = 0)
    {
        await using var consumer = await broker.ConsumeAsync(
            queue, _ => throw new InvalidOperationException("no luck"), new() { FailurePolicy = FailurePolicy.Park(parking) });
        foreach (var text in texts)
            await publish(text).InTime();
        var failed = parking is null ? probe.Failed(queue) : new FailedQueue(probe, parking);
        probe.Owns(failed.Name);
        await failed.WaitForCountAsync(before + (uint)texts.Length);
        return failed.Name;
    }
}
