using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>What fifty lost connections leave behind; nothing else runs meanwhile.</summary>
[Collection(Alone.Name)]
public sealed partial class LeakTests(BrokerFixture brokers)
{
    private const int Cuts = 50;

    [Fact]
    public async Task Fifty_cuts_leave_no_task_exception_that_nobody_looked_at()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await CollectAsync(); // what earlier tests left is theirs
        var unobserved = new ConcurrentQueue<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, found) => unobserved.Enqueue(found.Exception);
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await CutFiftyTimesAsync(brokers.Shared, queue, (_, _) => Task.CompletedTask);
            await CollectAsync();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        Assert.DoesNotContain(unobserved, error => OfTheLibrary().IsMatch(error.ToString()));
    }

    [Fact]
    public async Task A_task_exception_that_nobody_looked_at_would_be_seen()
    {
        var unobserved = new ConcurrentQueue<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, found) => unobserved.Enqueue(found.Exception);
        TaskScheduler.UnobservedTaskException += note;

        Plant();
        await CollectAsync();
        TaskScheduler.UnobservedTaskException -= note;

        Assert.Contains(unobserved, error => error.ToString().Contains("planted"));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Plant() => _ = Task.FromException(new InvalidOperationException("planted"));
    }

    [Fact]
    public async Task Fifty_cuts_leave_no_connection_and_no_channel_behind()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        (int Connections, int Channels) before = (0, 0);

        await CutFiftyTimesAsync(broker, queue, async (cut, relay) =>
        {
            if (cut == 0)
                before = await CountAsync(broker);
            if (cut < Cuts)
                return;
            await Eventually.IsTrueAsync($"connections and channels as before ({before})", async () => await CountAsync(broker) == before);
            Assert.Equal(2, relay.Open);
        });
    }

    /// <summary>A consumer and a publisher at work; <paramref name="look"/> is called before each cut and after the last.</summary>
    private static async Task CutFiftyTimesAsync(BrokerUnderTest broker, string queue, Func<int, TcpRelay, Task> look)
    {
        await using var relay = new TcpRelay(broker.Uri);
        var options = BrokerOptions.Parse(relay.Uri.ToString()) with { MaxReconnectDelay = TimeSpan.FromMilliseconds(100) };
        await using var client = await BrokerClient.ConnectAsync(options);
        await client.DeclareQueueAsync(queue, new QueueOptions { Type = QueueType.Classic });
        var received = Channel.CreateUnbounded<string>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => { received.Writer.TryWrite(delivery.GetText()); });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        for (var cut = 0; cut <= Cuts; cut++)
        {
            await client.SendAsync(queue, $"{cut}", cancellationToken: limit.Token);
            while (await received.Reader.ReadAsync(limit.Token) != $"{cut}")
            {
                // One that was not acked before the last cut.
            }

            await look(cut, relay);
            if (cut == Cuts)
                break;
            var underWay = client.SendAsync(queue, "under way", cancellationToken: limit.Token).AsTask();
            relay.CutAll(reset: cut % 2 == 0);
            await underWay;
        }
    }

    private static async Task<(int Connections, int Channels)> CountAsync(BrokerUnderTest broker) =>
        (Lines(await broker.ControlAsync("-q", "list_connections", "name")), Lines(await broker.ControlAsync("-q", "list_channels", "name")));

    [GeneratedRegex(@"Broker\.Client\.(?!IntegrationTests)|RabbitMQ\.Client\.")]
    private static partial Regex OfTheLibrary();

    private static int Lines(string table) => table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private static async Task CollectAsync()
    {
        for (var round = 0; round < 5; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }
    }
}
