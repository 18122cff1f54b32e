using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P9: cancelling a publish, at whatever point, never damages the channel (upstream #1900).</summary>
[Trait("Promise", "P9")]
[Trait("Upstream", "1900")]
public sealed class CancelledPublishTests(BrokerFixture brokers)
{
    // Some are queued when their token fires, some on the wire, and some confirmed at this moment.
    private const int Window = 256;
    private const int MostAhead = 600;

    [Theory]
    [InlineData(QueueType.Classic)]
    [InlineData(QueueType.Quorum)]
    public async Task Cancelled_publishes_agree_with_the_queue_and_those_after_them_are_all_confirmed(QueueType type)
    {
        var run = new PromiseRun("P9", brokers.Shared);
        var publishes = Promise.Figure(pr: 10_000, night: 100_000, release: 1_000_000);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var client = await proxy.ConnectAsync(options => options.Publisher.WindowMessages = Window);
        var queue = await client.DeclareAsync(probe, new() { Type = type });

        var some = await PublishAndCancelSomeAsync(client, queue, publishes);
        var clean = await Task.WhenAll(Enumerable.Range(0, publishes).Select(number => PublishAsync(client, queue, new Serial(1, number), default))).InTime(300);

        var found = TotalQueue.Check([.. some, .. clean], await raw.ReadAllAsync(queue));
        var unclean = clean.Count(attempt => attempt.Outcome != PublishOutcome.Confirmed);
        run.Conclude(
            faults: 2, bitten: Math.Min(1, found.NotSent) + Math.Min(1, found.Unknown),
            [.. found.Breaches, .. unclean > 0 ? [$"{unclean} unconfirmed without a token"] : Array.Empty<string>()], new { type, found });
        await AssertWindowIsWholeAsync(proxy, probe, client, queue);
    }

    /// <summary>As many as the window takes reach the queue while no confirm comes back.</summary>
    private static async Task AssertWindowIsWholeAsync(FaultProxy proxy, BrokerProbe probe, BrokerClient client, string queue)
    {
        var unheard = proxy.Connections[1].ToClient.Stall();
        var calls = Enumerable.Range(0, 2 * Window).Select(number => client.SendAsync(queue, $"{number}").AsTask()).ToArray();
        await probe.WaitForCountAsync(queue, Window);
        unheard.Lift();
        await Task.WhenAll(calls).InTime();
    }

    /// <summary>A token in three of ten, which fires when a publish some way before has its outcome: a random way, so a random point.</summary>
    private static async Task<Attempt[]> PublishAndCancelSomeAsync(BrokerClient client, string queue, int publishes)
    {
        var random = Promise.Random(salt: 9);
        var tokens = Enumerable.Range(0, publishes).Select(_ => random.Next(10) < 3 ? new CancellationTokenSource() : null).ToArray();
        var attempts = new Task<Attempt>[publishes];
        var cancelling = new List<Task>();
        for (var number = 0; number < publishes; number++)
        {
            var token = tokens[number];
            if (token is not null && number - random.Next(MostAhead) is var trigger and >= 0 && trigger < number)
                cancelling.Add(CancelAfterAsync(attempts[trigger], token));
            else
                token?.Cancel();
            attempts[number] = PublishAsync(client, queue, new Serial(0, number), token?.Token ?? default);
        }

        await Task.WhenAll(cancelling).InTime(300);
        return await Task.WhenAll(attempts).InTime(300);
    }

    private static async Task CancelAfterAsync(Task trigger, CancellationTokenSource token)
    {
        await trigger;
        await token.CancelAsync();
    }

    private static async Task<Attempt> PublishAsync(BrokerClient client, string queue, Serial serial, CancellationToken token)
    {
        var result = await client.TrySendAsync(queue, new Message(serial.Body), cancellationToken: token);
        return new Attempt(serial, result.Outcome, result.MessageId);
    }
}
