namespace Broker.Client.Tests.Consuming;

public sealed class DeafnessTests
{
    private readonly Deafness _deafness = new();

    [Fact]
    public void A_consumer_that_the_broker_does_not_know_is_deaf_as_soon_as_there_are_messages()
    {
        Assert.NotNull(Look(messages: 1, consumers: 0));
    }

    [Fact]
    public void One_that_the_broker_has_known_and_does_not_know_any_more_is_deaf()
    {
        Assert.Null(Look(messages: 0, consumers: 1));

        Assert.NotNull(Look(messages: 0, consumers: 0));
    }

    [Fact]
    public void One_of_a_stream_of_which_brokers_count_neither_messages_nor_consumers_is_left_alone()
    {
        for (var look = 0; look < 5; look++)
            Assert.Null(Look(messages: 0, consumers: 0));
    }

    [Fact]
    public void One_whose_queue_has_gone_is_deaf() => Assert.NotNull(_deafness.Judge(null, isSingleActive: false));

    [Fact]
    public void One_that_alone_gets_nothing_of_a_full_queue_is_deaf_at_the_second_look()
    {
        Assert.Null(Look(messages: 3, consumers: 1));

        Assert.NotNull(Look(messages: 3, consumers: 1));
    }

    [Fact]
    public void One_with_others_beside_it_may_be_of_lower_priority_and_is_left_alone()
    {
        for (var look = 0; look < 5; look++)
            Assert.Null(Look(messages: 3, consumers: 2));
    }

    [Fact]
    public void One_of_a_queue_with_a_single_active_consumer_may_stand_by_and_is_left_alone()
    {
        for (var look = 0; look < 5; look++)
            Assert.Null(Look(messages: 3, consumers: 1, isSingleActive: true));

        Assert.NotNull(Look(messages: 3, consumers: 0, isSingleActive: true));
    }

    [Fact]
    public void One_whom_starting_again_did_not_help_is_looked_at_twice_as_long_the_next_time()
    {
        int[] looks = [.. Enumerable.Range(0, 4).Select(_ => LooksUntilDeaf())];

        Assert.Equal([2, 4, 8, 16], looks);
        Assert.False(_deafness.IsWorthALook(room: 1, lastDeliveryAt: 5)); // something came
        Assert.Equal(2, LooksUntilDeaf(lastDeliveryAt: 5));
    }

    [Fact]
    public void One_that_got_something_in_between_is_not()
    {
        Assert.Null(Look(messages: 3, consumers: 1));
        Assert.False(_deafness.IsWorthALook(room: 1, lastDeliveryAt: 5));

        Assert.Null(Look(messages: 3, consumers: 1, lastDeliveryAt: 5));
    }

    [Fact]
    public void One_that_has_begun_again_on_another_channel_has_got_nothing_by_that()
    {
        Assert.False(_deafness.IsWorthALook(room: 1, lastDeliveryAt: 5));

        Assert.True(_deafness.IsWorthALook(room: 1, lastDeliveryAt: 0));
    }

    [Fact]
    public void One_that_holds_all_that_it_may_is_busy_and_needs_no_look()
    {
        Assert.False(_deafness.IsWorthALook(room: 0, lastDeliveryAt: 0));
        Assert.True(_deafness.IsWorthALook(room: 1, lastDeliveryAt: 0));
    }

    private int LooksUntilDeaf(long lastDeliveryAt = 0)
    {
        var looks = 1;
        while (Look(messages: 3, consumers: 1, lastDeliveryAt: lastDeliveryAt) is null)
            looks++;
        return looks;
    }

    private string? Look(uint messages, uint consumers, bool isSingleActive = false, long lastDeliveryAt = 0)
    {
        Assert.True(_deafness.IsWorthALook(room: 1, lastDeliveryAt));
        return _deafness.Judge(new QueueInfo("orders", messages, consumers), isSingleActive);
    }
}
