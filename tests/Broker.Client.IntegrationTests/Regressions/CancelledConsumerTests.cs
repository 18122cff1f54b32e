using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Promises;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// A consumer that the broker had cancelled was left as it was: what it had not started was handled all the same, though RabbitMQ 4.3 may have
/// given it to another by then; and the first ack of a message that was over the broker's timeout had it deliver again, beside the new one, for
/// as long as there was something to deliver.
/// </summary>
[Collection(BrokerFixture.Faulty)]
public sealed class CancelledConsumerTests(BrokerFixture brokers)
{
    [Fact]
    public async Task What_was_not_started_goes_back_and_comes_again()
    {
        await using var server = await TestBroker.StartAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(server.Uri)).InTime();
        await broker.DeclareQueueAsync("q").InTime();
        await broker.SendAllAsync("q", Clients.Numbers(3));
        server.On(Deliveries.From("q").Number(4)).CancelConsumer();
        var (began, again, handled) = (new Signal(), new Signal(), new Collected<(string, bool)>());

        await using var consumer = await broker.ConsumeAsync("q", async delivery =>
        {
            began.Set();
            await again.Task;
            handled.Add((delivery.GetText(), delivery.Redelivered));
        });
        await began.Task.InTime();
        await broker.SendAsync("q", "3").InTime();
        await logs.WaitForAsync(static line => line.Id == 4000, TimeSpan.FromSeconds(20), times: 2); // consuming again
        again.Set();

        Assert.Equal([("0", false), ("1", true), ("2", true), ("3", true)], await handled.ReachAsync(4));
        await server.Queue("q").WaitUntilEmptyAsync(TimeSpan.FromSeconds(20));
        server.AssertBit();
    }

    [Fact]
    public async Task It_is_not_there_twice_when_the_ack_of_a_long_handler_comes()
    {
        var faulty = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var timeout = await ConsumerTimeout.ShortenAsync(faulty);
        await using var probe = await faulty.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(faulty.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);
        var (runs, others, ends) = (new RunLedger(), new Collected<bool>(), new Dictionary<string, Signal> { ["long"] = new(), ["young"] = new() });
        var (began, isYoung) = (TimeProvider.System.GetTimestamp(), ConsumerTimeout.Short * 0.6);

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            var text = delivery.GetText();
            if (ends.TryGetValue(text, out var end))
            {
                await (runs.Begin(text) == 1 ? end.Task : Task.CompletedTask);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            others.Add(delivery.Redelivered);
        }, new() { Concurrency = 8 });
        await broker.SendAsync(queue, "long").InTime();
        for (var sent = 1; TimeProvider.System.GetElapsedTime(began) < isYoung; sent++)
        {
            await broker.SendAsync(queue, "meanwhile").InTime();
            await others.ReachAsync(sent);
        }

        await broker.SendAsync(queue, "young").InTime(); // not over its time when the other is
        await logs.WaitForAsync(static line => line.Id == 4000, TimeSpan.FromSeconds(30), times: 2); // consuming again
        ends["long"].Set();
        await broker.SendAllAsync(queue, Clients.Numbers(4000));
        await others.ReachAsync(others.Count + 500);
        ends["young"].Set(); // the channel of before has nothing more to wait for

        await probe.WaitForConsumersAsync(queue, 1, TimeSpan.FromSeconds(60));
        Assert.NotEqual(0u, await probe.CountAsync(queue)); // and not for want of messages
        Assert.DoesNotContain(true, others.All); // none has gone to the channel of before
    }
}
