using System.Globalization;
using System.Threading.Channels;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// What queues count of messages that come back. The library rests on it: what has failed goes back by basic.reject, what is not to blame by
/// basic.nack, and at x-delivery-count 15 a message is put aside before its queue gives it up.
/// </summary>
public sealed class QuorumCounterTests(BrokerFixture brokers)
{
    // Of the third delivery, which came back twice: what it shows. And after how many deliveries it is gone: where the queue has no limit of its
    // own, and where that is 2.
    private const string Table = """
        RabbitMQ  queue    came back by     x-delivery-count  x-acquired-count  gone after  with x-delivery-limit=2
        3.10      classic  nack             -                 -                 never       never
        3.10      classic  reject           -                 -                 never       never
        3.10      classic  closed channel   -                 -                 never       never
        3.10      classic  lost connection  -                 -                 never       never
        3.10      quorum   nack             2                 -                 never       3
        3.10      quorum   reject           2                 -                 never       3
        3.10      quorum   closed channel   2                 -                 never       3
        3.10      quorum   lost connection  2                 -                 never       3
        4.0       classic  nack             -                 -                 never       never
        4.0       classic  reject           -                 -                 never       never
        4.0       classic  closed channel   -                 -                 never       never
        4.0       classic  lost connection  -                 -                 never       never
        4.0       quorum   nack             2                 -                 21          3
        4.0       quorum   reject           2                 -                 21          3
        4.0       quorum   closed channel   2                 -                 21          3
        4.0       quorum   lost connection  2                 -                 21          3
        4.3       classic  nack             -                 -                 never       never
        4.3       classic  reject           -                 -                 never       never
        4.3       classic  closed channel   -                 -                 never       never
        4.3       classic  lost connection  -                 -                 never       never
        4.3       quorum   nack             -                 2                 never       never
        4.3       quorum   reject           2                 2                 21          3
        4.3       quorum   closed channel   2                 2                 21          3
        4.3       quorum   lost connection  2                 2                 21          3
        """;

    private const int Never = 25; // deliveries after which that is said

    private string Era => brokers.Shared switch
    {
        { MajorVersion: < 4 } => "3.10",
        { DelaysRetries: false } => "4.0",
        _ => "4.3",
    };

    private long? AtFirstGet => brokers.Shared.MajorVersion < 4 ? 0 : null;

    [Fact]
    public async Task Each_way_back_is_counted_as_the_table_has_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var expected = Table.Split('\n').Where(line => line.StartsWith(Era, StringComparison.Ordinal)).ToArray();

        var seen = await Task.WhenAll(expected.Select(line => ObserveAsync(probe, QueueOf(line), WayOf(line))));

        Assert.Equal(expected, seen);
    }

    // The library reads the header; 3.10 shows a 0 to who gets, and not to who consumes.
    [Fact]
    public async Task A_message_that_is_fetched_shows_a_count_from_its_second_delivery_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, QueueKind.Quorum);
        await probe.PublishAsync(queue, "text");
        var counts = new List<(long?, bool)>();

        for (var time = 0; time < 3; time++)
        {
            var got = Assert.IsType<BasicGetResult>(await raw.Channel.BasicGetAsync(queue, autoAck: false));
            counts.Add((CountOf(got.BasicProperties, "x-delivery-count"), got.Redelivered));
            await raw.Channel.BasicRejectAsync(got.DeliveryTag, requeue: true);
            await probe.WaitForCountAsync(queue, 1);
        }

        Assert.Equal([(AtFirstGet, false), (1, true), (2, true)], counts);
    }

    private static QueueKind QueueOf(string line) => line.Contains("quorum", StringComparison.Ordinal) ? QueueKind.Quorum : QueueKind.Classic;

    private static string WayOf(string line) => line[19..36].TrimEnd();

    private async Task<string> ObserveAsync(BrokerProbe probe, QueueKind kind, string way)
    {
        var seen = await FollowAsync(probe, kind, way, limit: null);
        var limited = kind == QueueKind.Quorum ? await FollowAsync(probe, kind, way, limit: 2) : seen;
        Assert.All([seen[0], limited[0]], first => Assert.Equal((null, null, false), (first.Failed, first.Acquired, first.Redelivered)));
        Assert.True(seen[2].Redelivered);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Era,-10}{kind.ToString().ToLowerInvariant(),-9}{way,-17}{Shown(seen[2].Failed),-18}{Shown(seen[2].Acquired),-18}{Gone(seen),-12}{Gone(limited)}");

        static string Shown(long? count) => count is null ? "-" : $"{count}";

        static string Gone(List<Shown> seen) => seen.Count == Never ? "never" : $"{seen.Count}";
    }

    /// <summary>Every delivery of a message that comes back each time, until its queue gives it up.</summary>
    private async Task<List<Shown>> FollowAsync(BrokerProbe probe, QueueKind kind, string way, int? limit)
    {
        var (queue, dead) = (probe.NewName(), probe.NewName());
        var arguments = new Dictionary<string, object?> { ["x-dead-letter-exchange"] = "", ["x-dead-letter-routing-key"] = dead };
        if (limit is not null)
            arguments["x-delivery-limit"] = limit;
        await probe.DeclareAsync(dead);
        await probe.DeclareAsync(queue, kind, arguments);
        await probe.PublishAsync(queue, "text");

        var deliveries = Channel.CreateUnbounded<BasicDeliverEventArgs>();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var grave = await RawChannel.OpenAsync(brokers.Shared);
        await grave.ConsumeAsync(dead, _ => deliveries.Writer.TryComplete());
        var raw = await RawChannel.OpenAsync(relay.Uri);
        await raw.ConsumeAsync(queue, delivery => deliveries.Writer.TryWrite(delivery));

        List<Shown> seen = [];
        while (seen.Count < Never && await deliveries.Reader.WaitToReadAsync().InTime() && deliveries.Reader.TryRead(out var delivery))
        {
            seen.Add(new(CountOf(delivery.BasicProperties, "x-delivery-count"), CountOf(delivery.BasicProperties, "x-acquired-count"), delivery.Redelivered));
            if (way == "nack")
            {
                await raw.Channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: true);
                continue;
            }

            if (way == "reject")
            {
                await raw.Channel.BasicRejectAsync(delivery.DeliveryTag, requeue: true);
                continue;
            }

            if (way == "lost connection")
                relay.CutAll();
            await raw.DisposeAsync();
            raw = await RawChannel.OpenAsync(relay.Uri);
            await raw.ConsumeAsync(queue, next => deliveries.Writer.TryWrite(next));
        }

        await raw.DisposeAsync();
        return seen;
    }

    private static long? CountOf(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers?.TryGetValue(header, out var count) == true ? Convert.ToInt64(count, null) : null;

    private sealed record Shown(long? Failed, long? Acquired, bool Redelivered);
}
