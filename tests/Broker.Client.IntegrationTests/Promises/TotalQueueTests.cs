namespace Broker.Client.IntegrationTests.Promises;

/// <summary>The checker finds each defect that is planted, and nothing in a sound run.</summary>
public sealed class TotalQueueTests
{
    [Fact]
    public void A_sound_run_has_no_breach_though_a_message_came_twice_over_a_cut_and_one_is_unknown()
    {
        var result = TotalQueue.Check(
            [Confirmed(1), Confirmed(2) with { Cuts = 1 }, Confirmed(3), Confirmed(4) with { Outcome = PublishOutcome.Unknown }, Confirmed(5) with { Outcome = PublishOutcome.NotSent }],
            [Copy(1), Copy(2), Copy(2) with { Sending = 2 }, Copy(3), Copy(4)]);

        Assert.Empty(result.Breaches);
        Assert.Equal((5, 3, 1, 1), (result.Attempted, result.Confirmed, result.Unknown, result.NotSent));
        Assert.Equal((5, 1, 1, 0, 1), (result.Arrived, result.Recovered, result.Duplicates, result.Unmarked, result.UnconfirmedAtCuts));
    }

    [Fact]
    public void A_message_that_was_confirmed_and_is_not_there_is_lost() =>
        Assert.Equal(["1 lost"], TotalQueue.Check([Confirmed(1), Confirmed(2)], [Copy(1)]).Breaches);

    [Fact]
    public void A_message_that_nobody_published_is_unexpected()
    {
        Assert.Equal(["1 unexpected"], TotalQueue.Check([Confirmed(1)], [Copy(1), Copy(2)]).Breaches);
        Assert.Equal(["1 unexpected"], TotalQueue.Check([], [new Arrival(null, "id")]).Breaches);
    }

    [Fact]
    public void A_message_that_is_there_though_it_was_not_sent_is_unexpected() =>
        Assert.Equal(["1 unexpected"], TotalQueue.Check([Confirmed(1) with { Outcome = PublishOutcome.NotSent }], [Copy(1)]).Breaches);

    [Fact]
    public void A_resend_under_a_new_id_is_found()
    {
        var result = TotalQueue.Check([Confirmed(1) with { Cuts = 1 }], [Copy(1), Copy(1) with { MessageId = "new", Sending = 2 }]);

        Assert.Equal(["1 under another id"], result.Breaches);
    }

    [Fact]
    public void A_resend_under_a_new_id_is_found_where_the_call_has_no_outcome_yet()
    {
        var result = TotalQueue.Check([new Attempt(new Serial(0, 1), Cuts: 1)], [Copy(1), Copy(1) with { MessageId = "new", Sending = 2 }]);

        Assert.Equal(["1 under another id", "1 pending"], result.Breaches);
    }

    [Fact]
    public void A_resend_that_goes_out_after_new_messages_is_an_inversion()
    {
        var result = TotalQueue.Check([.. Enumerable.Range(1, 4).Select(Confirmed)], [Copy(1), Copy(3), Copy(4), Copy(2)]);

        Assert.Equal(["1 inversions"], result.Breaches);
    }

    [Fact]
    public void Order_is_that_of_each_producer_and_of_first_appearances()
    {
        var other = new Serial(1, 1);
        var result = TotalQueue.Check(
            [Confirmed(1) with { Cuts = 1 }, Confirmed(2), new Attempt(other, PublishOutcome.Confirmed, "other")],
            [Copy(1), Copy(2), new Arrival(other, "other"), Copy(1) with { Sending = 2 }]);

        Assert.Empty(result.Breaches);
    }

    [Fact]
    public void A_duplicate_of_a_message_that_no_cut_met_is_found() =>
        Assert.Equal(["1 duplicates that no cut explains"], TotalQueue.Check([Confirmed(1), Confirmed(2) with { Cuts = 1 }], [Copy(1), Copy(1) with { Sending = 2 }, Copy(2)]).Breaches);

    [Fact]
    public void More_copies_than_cuts_allow_are_found() =>
        Assert.Equal(["1 duplicates that no cut explains"], TotalQueue.Check([Confirmed(1) with { Cuts = 1 }], [Copy(1), Copy(1) with { Sending = 2 }, Copy(1) with { Sending = 3 }]).Breaches);

    [Fact]
    public void A_call_without_an_outcome_is_pending() => Assert.Equal(["1 pending"], TotalQueue.Check([new Attempt(new Serial(0, 1))], []).Breaches);

    [Fact]
    public void A_second_copy_that_does_not_say_so_is_unmarked()
    {
        var attempts = new[] { Confirmed(1) with { Cuts = 2 } };

        Assert.Equal(["1 resends that do not say so"], TotalQueue.Check(attempts, [Copy(1), Copy(1)]).Breaches);
        Assert.Equal(["1 resends that do not say so"], TotalQueue.Check(attempts, [Copy(1) with { Sending = 2 }, Copy(1) with { Sending = 2 }]).Breaches);
        Assert.Empty(TotalQueue.Check(attempts, [Copy(1) with { Sending = 2 }, Copy(1) with { Sending = 3 }]).Breaches);
    }

    [Fact]
    public void Where_nothing_else_happens_a_publish_that_is_not_confirmed_is_a_breach()
    {
        var result = TotalQueue.Check([Confirmed(1), Confirmed(2) with { Outcome = PublishOutcome.Unknown }], [Copy(1)]);

        Assert.Empty(result.Breaches);
        Assert.Equal(["1 not confirmed"], result.BreachesOrUnconfirmed);
    }

    [Fact]
    public void A_body_tells_its_call()
    {
        Assert.Equal(new Serial(3, 4711), Serial.Of(new Serial(3, 4711).Body.Span));
        Assert.Null(Serial.Of("something else"u8));
    }

    private static Attempt Confirmed(int number) => new(new Serial(0, number), PublishOutcome.Confirmed, $"id {number}");

    private static Arrival Copy(int number) => new(new Serial(0, number), $"id {number}");
}
