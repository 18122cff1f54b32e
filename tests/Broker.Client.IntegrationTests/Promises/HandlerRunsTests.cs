namespace Broker.Client.IntegrationTests.Promises;

/// <summary>The checker finds each defect that is planted, and nothing in a sound run.</summary>
public sealed class HandlerRunsTests
{
    [Fact]
    public void A_sound_run_has_no_breach_though_a_message_was_broken_off_and_came_again()
    {
        var result = Check([Run(1), Run(2) with { EndedAt = null }, Run(2) with { Life = 2, Tag = 1, Redelivered = true }], published: 3, left: 3);

        Assert.Empty(result.Breaches);
        Assert.Equal((3, 1, 1, 1), (result.Runs, result.BrokenOff, result.Redelivered, result.Left));
    }

    [Fact]
    public void A_message_that_is_gone_and_was_never_begun_is_lost() => Assert.Equal(["1 lost"], Check([Run(1)], published: 2).Breaches);

    [Fact]
    public void A_message_that_is_gone_and_whose_runs_were_all_broken_off_was_acked_without_an_end() =>
        Assert.Equal(["1 acked without an end"], Check([Run(1), Run(2) with { EndedAt = null }], published: 2).Breaches);

    [Fact]
    public void A_message_that_nobody_published_is_unexpected() => Assert.Equal(["1 unexpected"], Check([Run(1), Run(2)], published: 1).Breaches);

    [Fact]
    public void A_second_run_of_what_is_not_redelivered_is_found() =>
        Assert.Equal(["1 run again though not redelivered"], Check([Run(1), Run(1) with { Tag = 2, BeganAt = 50 }], published: 1).Breaches);

    [Fact]
    public void A_second_run_of_one_delivery_is_found() =>
        Assert.Equal(["1 second runs of one delivery"], Check([Run(1), Run(1) with { Redelivered = true, BeganAt = 50 }], published: 1).Breaches);

    [Fact]
    public void The_same_tag_of_another_channel_another_process_or_another_queue_is_another_delivery()
    {
        var again = Run(1) with { Redelivered = true, BeganAt = 50 };

        var result = HandlerRuns.Check([("q", "1"), ("other", "1")], [], [Run(1), again with { Epoch = 1 }, again with { Life = 2 }, Run(1) with { Queue = "other" }]);

        Assert.Empty(result.Breaches);
    }

    [Fact]
    public void Fresh_messages_in_two_processes_at_one_time_are_found()
    {
        var first = Run(1) with { BeganAt = 10, EndedAt = 20 };

        Assert.Equal(1, Concurrent(first, Run(2) with { Life = 2, BeganAt = 15 }));
        Assert.Equal(1, Concurrent(first with { EndedAt = null }, Run(2) with { Life = 2, BeganAt = 99 }));
        Assert.Equal(0, Concurrent(first with { EndedAt = null }, Run(2) with { Life = 2, BeganAt = 101 }));
        Assert.Equal(0, Concurrent(first, Run(2) with { BeganAt = 15 }));
        Assert.Equal(0, Concurrent(first, Run(2) with { Life = 2, BeganAt = 15, Redelivered = true }));
        Assert.Equal(0, Concurrent(first, Run(2) with { Life = 2, BeganAt = 21 }));

        static int Concurrent(params HandlerRun[] runs) => HandlerRuns.ConcurrentFresh(runs, killedAt: _ => 100);
    }

    [Fact]
    public void A_ledger_is_read_up_to_the_line_that_was_broken_off()
    {
        var runs = HandlerRun.Read(7, "begin 1 q 17 4 0 False 100\nbegin 2 q 18 5 - True 101\nend 1 q 17 4 0 False 105\nend 2 q 18 5 - Tr");

        Assert.Equal([new(7, "q", "17", 4, 0, false, 100, 105), new HandlerRun(7, "q", "18", 5, null, true, 101, null)], runs);
    }

    private static HandlerRunsResult Check(HandlerRun[] runs, int published, params int[] left) =>
        HandlerRuns.Check([.. Enumerable.Range(1, published).Select(id => ("q", $"{id}"))], [.. left.Select(id => ("q", $"{id}"))], runs);

    private static HandlerRun Run(int id) => new(Life: 1, "q", $"{id}", (ulong)id, Epoch: 0, Redelivered: false, BeganAt: id, EndedAt: id + 100);
}
