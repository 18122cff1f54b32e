namespace Broker.Client.Tests.Consuming;

public sealed class DeafnessTests
{
    private readonly Deafness _deafness = new();

    [Fact]
    public void A_consumer_that_the_broker_does_not_know_is_deaf()
    {
        Assert.True(_deafness.IsWorthALook(unsettled: 0, lastDeliveryAt: 0));

        Assert.NotNull(_deafness.Judge(Queue(messages: 0, consumers: 0)));
    }

    [Fact]
    public void One_that_alone_gets_nothing_of_a_full_queue_is_deaf_at_the_second_look()
    {
        Look();
        Assert.Null(_deafness.Judge(Queue(messages: 3, consumers: 1)));
        Look();

        Assert.NotNull(_deafness.Judge(Queue(messages: 3, consumers: 1)));
    }

    [Fact]
    public void One_with_others_beside_it_may_be_a_standby_and_is_left_alone()
    {
        for (var look = 0; look < 5; look++)
        {
            Look();
            Assert.Null(_deafness.Judge(Queue(messages: 3, consumers: 2)));
        }
    }

    [Fact]
    public void One_that_got_something_in_between_is_not()
    {
        Look();
        Assert.Null(_deafness.Judge(Queue(messages: 3, consumers: 1)));
        Assert.False(_deafness.IsWorthALook(unsettled: 0, lastDeliveryAt: 5));
        Assert.True(_deafness.IsWorthALook(unsettled: 0, lastDeliveryAt: 5));

        Assert.Null(_deafness.Judge(Queue(messages: 3, consumers: 1)));
    }

    [Fact]
    public void One_that_holds_messages_is_busy_and_needs_no_look() =>
        Assert.False(_deafness.IsWorthALook(unsettled: 1, lastDeliveryAt: 0));

    private static QueueInfo Queue(uint messages, uint consumers) => new("orders", messages, consumers);

    private void Look() => Assert.True(_deafness.IsWorthALook(unsettled: 0, lastDeliveryAt: 0));
}
