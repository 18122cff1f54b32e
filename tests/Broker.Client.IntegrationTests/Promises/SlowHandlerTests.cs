using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>C4: no more is under way than the prefetch, and memory is bounded, however long the queue and however slow the handler.</summary>
[Trait("Promise", "C4")]
public sealed class SlowHandlerTests(BrokerFixture brokers)
{
    private const int Prefetch = 64, BodyBytes = 1000;
    private const long MostGrowth = 32_000_000;

    [Fact]
    public async Task A_slow_handler_keeps_no_more_than_the_prefetch_in_the_process()
    {
        var run = new PromiseRun("C4", brokers.Shared);
        var messages = Promise.Figure(pr: 40_000, night: 1_000_000, release: 1_000_000);
        var window = TimeSpan.FromSeconds(Promise.Figure(pr: 4, night: 60, release: 600));
        var tap = new SettlementTap();
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = await FillAsync(probe, messages);
        await using var relay = new TcpRelay(brokers.Shared.Uri, tap.See);
        await using var processes = new ConsumerProcesses("--prefetch", $"{Prefetch}", "--concurrency", "4", "--slow", "50");
        var process = await processes.StartAsync(relay.Uri, queue);
        await process.Lines.ReachAsync(2 * Prefetch, TimeSpan.FromSeconds(20)); // what is used from here on has been used before

        var (began, before, most) = (TimeProvider.System.GetTimestamp(), process.Memory, 0L);
        while (TimeProvider.System.GetElapsedTime(began) < window)
        {
            await process.Lines.ReachAsync(process.Lines.Count + 10, TimeSpan.FromSeconds(20));
            most = Math.Max(most, process.Memory);
        }

        await process.StopAsync();
        var handled = process.Runs.Count(each => each.EndedAt is not null);
        var (buffered, growth) = (tap.Delivered - handled, Math.Max(0, most - before));
        var breaches = new (string Name, long Value, long Limit)[]
        {
            ("outstanding", tap.MostOutstanding, Prefetch), ("delivered and not handled", buffered, Prefetch), ("bytes more", growth, MostGrowth),
        }.Where(each => each.Value > each.Limit).Select(each => $"{each.Value} {each.Name}");
        // The queue was longer than what could be taken, and so were both limits of use.
        run.Conclude(2, (handled > Prefetch ? 1 : 0) + (tap.MostOutstanding == Prefetch ? 1 : 0), [.. breaches], new
        {
            messages, window = window.TotalSeconds, tap.Delivered, handled, tap.MostOutstanding, buffered, growth,
        });
    }

    [Fact]
    public async Task The_driver_without_a_prefetch_takes_all_there_is()
    {
        const int Messages = 2_000;
        var tap = new SettlementTap();
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = await FillAsync(probe, Messages);
        await using var relay = new TcpRelay(brokers.Shared.Uri, tap.See);
        // Not disposed: it would wait for its handlers.
        var connection = await new ConnectionFactory { Uri = relay.Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var (consumer, over) = (new AsyncEventingBasicConsumer(channel), new Signal());
        consumer.ReceivedAsync += (_, _) => over.Task;

        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        await tap.DeliveredAsync(epoch: 0, Messages);

        Promise.Report(new { promise = "C4", control = "RabbitMQ.Client", tap.MostOutstanding });
        Assert.Equal(Messages, tap.MostOutstanding);
        over.Set();
    }

    private async Task<string> FillAsync(BrokerProbe probe, int messages)
    {
        await using var sender = await brokers.Shared.ConnectAsync();
        var queue = await sender.DeclareAsync(probe, new() { Type = QueueType.Classic });
        var body = new byte[BodyBytes];
        await sender.SendManyAsync(queue, Enumerable.Range(0, messages).Select(_ => new Message(body))).InTime(600);
        return queue;
    }
}
