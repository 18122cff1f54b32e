using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Consuming;

public sealed class SettlementTests
{
    private readonly List<Settling> _written = [];

    [Fact]
    public void Acks_are_held_back_until_half_the_prefetch_is_finished_and_one_stands_for_all()
    {
        var (settlement, deliveries) = Delivered(prefetch: 8, count: 8);

        for (var each = 0; each < 3; each++)
            Finish(settlement, deliveries[each]);
        Assert.Empty(_written);
        Finish(settlement, deliveries[3]);

        Assert.Equal([new Settling(4, Verdict.Ack, Multiple: true)], _written);
    }

    [Fact]
    public void A_message_whose_handler_still_runs_is_never_covered()
    {
        var (settlement, deliveries) = Delivered(prefetch: 8, count: 8);

        foreach (var finished in (int[])[0, 2, 3])
            Finish(settlement, deliveries[finished]);
        Write(settlement, settlement.Tick());
        for (var tick = 1; tick < Settlement.MostTicks; tick++)
            Write(settlement, settlement.Tick());

        Assert.Equal(
            [new Settling(1, Verdict.Ack, false), new Settling(3, Verdict.Ack, false), new Settling(4, Verdict.Ack, false)],
            _written);
    }

    [Fact]
    public void One_slow_message_does_not_keep_the_acks_of_those_behind_it()
    {
        var (settlement, deliveries) = Delivered(prefetch: 8, count: 8);

        for (var each = 1; each < 5; each++)
            Finish(settlement, deliveries[each]);

        Assert.Equal([2UL, 3, 4, 5], _written.Select(settling => settling.Tag));
        Assert.DoesNotContain(_written, settling => settling.Multiple);
    }

    [Fact]
    public void A_refusal_goes_out_at_once_and_before_an_ack_that_would_cover_it()
    {
        var (settlement, deliveries) = Delivered(prefetch: 8, count: 4);

        Finish(settlement, deliveries[0]);
        Finish(settlement, deliveries[1], Verdict.Retry);
        Finish(settlement, deliveries[2]);
        Finish(settlement, deliveries[3]);
        Write(settlement, settlement.Tick());

        Assert.Equal([new Settling(2, Verdict.Retry, false), new Settling(4, Verdict.Ack, Multiple: true)], _written);
    }

    [Fact]
    public void With_a_prefetch_of_one_nothing_is_held_back()
    {
        var (settlement, deliveries) = Delivered(prefetch: 1, count: 1);

        Finish(settlement, deliveries[0]);

        Assert.Equal([new Settling(1, Verdict.Ack, false)], _written);
    }

    [Fact]
    public void After_a_rest_an_ack_that_leaves_nothing_open_goes_out_at_once()
    {
        var (settlement, deliveries) = Delivered(prefetch: 64, count: 2);

        Assert.Equal(SettlementDuty.StartTimer, settlement.Finish(deliveries[0], Verdict.Ack, rested: true)); // the second is open
        Write(settlement, settlement.Finish(deliveries[1], Verdict.Ack, rested: true));

        Assert.Equal([new Settling(2, Verdict.Ack, Multiple: true)], _written);
    }

    [Fact]
    public void An_ack_waits_one_tick_where_no_handler_runs_and_a_few_where_one_does()
    {
        var (settlement, deliveries) = Delivered(prefetch: 64, count: 2);

        Assert.Equal(SettlementDuty.StartTimer, settlement.Finish(deliveries[0], Verdict.Ack));
        for (var tick = 1; tick < Settlement.MostTicks; tick++)
            Assert.Equal(SettlementDuty.StartTimer, settlement.Tick());
        Write(settlement, settlement.Tick());
        Assert.Equal(SettlementDuty.StartTimer, settlement.Finish(deliveries[1], Verdict.Ack));
        Write(settlement, settlement.Tick());

        Assert.Equal([1UL, 2], _written.Select(settling => settling.Tag));
    }

    [Fact]
    public void Lanes_without_work_have_the_acks_out_only_where_the_broker_may_send_no_more()
    {
        var (settlement, deliveries) = Delivered(prefetch: 8, count: 7);
        Finish(settlement, deliveries[0]);

        Assert.Equal(SettlementDuty.None, settlement.Starved());
        settlement.Add(Deliveries.New(tag: 8));
        Write(settlement, settlement.Starved());

        Assert.Equal([new Settling(1, Verdict.Ack, false)], _written);
    }

    [Fact]
    public void At_the_end_what_is_finished_is_acknowledged_and_the_rest_handed_back_in_one()
    {
        var (settlement, deliveries) = Delivered(prefetch: 64, count: 5);
        Finish(settlement, deliveries[0]);
        Finish(settlement, deliveries[1]);

        Write(settlement, settlement.Close());

        Assert.Equal([new Settling(2, Verdict.Ack, Multiple: true), new Settling(0, Verdict.Release, Multiple: true)], _written);
        Assert.Equal(SettlementDuty.TooLate, settlement.Finish(deliveries[2], Verdict.Ack));
        Assert.Equal(SettlementDuty.None, settlement.Close());
    }

    [Fact]
    public async Task It_is_empty_when_every_verdict_is_in_and_written()
    {
        var (settlement, deliveries) = Delivered(prefetch: 64, count: 2);
        var empty = settlement.WhenEmpty();

        Finish(settlement, deliveries[0]);
        Write(settlement, settlement.Tick());
        Finish(settlement, deliveries[1]);
        Assert.False(empty.IsCompleted);
        Write(settlement, settlement.Tick());

        await empty.SoonAsync();
        Assert.True(settlement.WhenEmpty().IsCompleted);
    }

    [Fact]
    public void One_caller_writes_at_a_time_and_what_comes_meanwhile_is_its_to_write()
    {
        var (settlement, deliveries) = Delivered(prefetch: 64, count: 2);

        Assert.Equal(SettlementDuty.Write, settlement.Finish(deliveries[0], Verdict.Retry));
        Assert.Equal(SettlementDuty.None, settlement.Finish(deliveries[1], Verdict.Retry));
        var written = settlement.WhenWritten();
        Assert.False(written.IsCompleted);
        Write(settlement, SettlementDuty.Write);

        Assert.Equal([1UL, 2], _written.Select(settling => settling.Tag));
        Assert.True(settlement.WhenWritten().IsCompleted);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 16)]
    [InlineData(4, 256)]
    [InlineData(5, 1000)]
    public void Whatever_the_order_of_the_verdicts_every_message_gets_its_own_once_and_none_too_early(int seed, int prefetch)
    {
        var random = new Random(seed);
        var settlement = new Settlement(prefetch);
        var broker = new BrokersView(prefetch);
        var held = new List<Delivery>();
        for (ulong tag = 1; tag <= 5000 || held.Count > 0;)
        {
            if (tag <= 5000 && broker.MayDeliver && random.Next(2) == 0)
            {
                var delivery = Deliveries.New(tag: tag++);
                broker.Deliver(delivery.DeliveryTag);
                settlement.Add(delivery);
                held.Add(delivery);
            }
            else if (held.Count > 0)
            {
                var index = random.Next(Math.Min(held.Count, 1 + random.Next(held.Count)));
                var verdict = random.Next(10) == 0 ? Verdict.Release : Verdict.Ack;
                broker.Expect(held[index].DeliveryTag, verdict);
                var duty = settlement.Finish(held[index], verdict);
                held.RemoveAt(index);
                broker.Tell(settlement, duty);
            }

            broker.Tell(settlement, random.Next(8) switch
            {
                0 => settlement.Tick(),
                1 => settlement.Starved(),
                _ => SettlementDuty.None,
            });
            if (!broker.MayDeliver && held.Count == 0)
                broker.Tell(settlement, settlement.Starved());
        }

        broker.Tell(settlement, settlement.Close());
        broker.AssertAllSettled(5000);
    }

    private static (Settlement Settlement, Delivery[] Deliveries) Delivered(int prefetch, int count)
    {
        var settlement = new Settlement(prefetch);
        var deliveries = Enumerable.Range(1, count).Select(tag => (Delivery)Deliveries.New(tag: (ulong)tag)).ToArray();
        foreach (var delivery in deliveries)
            settlement.Add(delivery);
        return (settlement, deliveries);
    }

    private void Finish(Settlement settlement, Delivery delivery, Verdict verdict = Verdict.Ack) =>
        Write(settlement, settlement.Finish(delivery, verdict));

    private void Write(Settlement settlement, SettlementDuty duty)
    {
        while (duty == SettlementDuty.Write && settlement.TryNext(out var next))
            _written.Add(next);
    }

    /// <summary>What a broker would make of it: an unknown tag is a 406, and an ack of a message that has no verdict a loss.</summary>
    private sealed class BrokersView(int prefetch)
    {
        private readonly SortedDictionary<ulong, Verdict?> _outstanding = [];
        private int _settled;

        public bool MayDeliver => _outstanding.Count < prefetch;

        public void Deliver(ulong tag) => _outstanding.Add(tag, null);

        public void Expect(ulong tag, Verdict verdict) => _outstanding[tag] = verdict;

        public void Tell(Settlement settlement, SettlementDuty duty)
        {
            while (duty == SettlementDuty.Write && settlement.TryNext(out var next))
            {
                var tags = next.Multiple ? _outstanding.Keys.Where(tag => next.Tag == 0 || tag <= next.Tag).ToArray() : [next.Tag];
                Assert.NotEmpty(tags);
                foreach (var tag in tags)
                {
                    Assert.True(_outstanding.Remove(tag, out var verdict), $"Tag {tag} is not outstanding.");
                    Assert.Equal(verdict, next.Verdict);
                    _settled++;
                }
            }
        }

        public void AssertAllSettled(int count)
        {
            Assert.Empty(_outstanding);
            Assert.Equal(count, _settled);
        }
    }
}
