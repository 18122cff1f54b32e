using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P8: what a full queue refuses is an answer to its publish, and nothing else.</summary>
[Trait("Promise", "P8")]
public sealed class FullQueueTests(BrokerFixture brokers)
{
    private const int Publishes = 10_000;
    private const int MaxLength = 100;

    [Theory]
    [InlineData(QueueType.Classic)]
    [InlineData(QueueType.Quorum)]
    public async Task A_full_queue_confirms_or_rejects_every_publish_and_holds_what_it_confirmed(QueueType type)
    {
        var run = new PromiseRun("P8", brokers.Shared);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var client = await brokers.Shared.ConnectAsync();
        var queue = await client.DeclareAsync(probe, new() { Type = type, MaxLength = MaxLength, Overflow = QueueOverflow.RejectPublish });
        var ledger = new PublishLedger(() => 0);

        await Task.WhenAll(Enumerable.Range(0, Publishes).Select(number => ledger.PublishAsync(client, queue, new Serial(0, number)))).InTime(60);

        var found = TotalQueue.Check(ledger.Attempts, await raw.ReadAllAsync(queue));
        run.Conclude(faults: 1, bitten: Math.Min(1, found.Rejected), [.. found.Breaches, .. Breaches(found)], new { type, found });
    }

    private static IEnumerable<string> Breaches(TotalQueueResult found)
    {
        if (found.Confirmed + found.Rejected != Publishes)
            yield return $"{found.Confirmed} confirmed and {found.Rejected} rejected of {Publishes}";
        if (found.Arrived != found.Confirmed)
            yield return $"{found.Arrived} in the queue and {found.Confirmed} confirmed";
        if (found.Confirmed < MaxLength)
            yield return $"{found.Confirmed} confirmed, and the queue has room for {MaxLength}";
    }
}
