using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

public sealed class InHandTests
{
    private readonly InHand<string> _inHand = new(3);

    [Fact]
    public void A_message_that_comes_again_waits_for_the_lane_that_has_it()
    {
        Assert.True(_inHand.TryTake(0, Of("a"), "first"));
        Assert.False(_inHand.TryTake(1, Of("a", redelivered: true), "second"));
        Assert.True(_inHand.TryTake(1, Of("b", redelivered: true), "other"));

        Assert.Empty(_inHand.LetGo(1));
        Assert.Equal(["second"], _inHand.LetGo(0));
        Assert.True(_inHand.TryTake(2, Of("a", redelivered: true), "second"));
    }

    [Fact]
    public void What_waited_once_and_was_given_out_may_wait_again()
    {
        _inHand.TryTake(0, Of("a"), "first");
        _inHand.TryTake(1, Of("a", redelivered: true), "second");
        _inHand.TryTake(2, Of("a", redelivered: true), "third");

        Assert.Equal(["second", "third"], _inHand.LetGo(0));
        Assert.True(_inHand.TryTake(0, Of("a", redelivered: true), "second"));
        Assert.False(_inHand.TryTake(1, Of("a", redelivered: true), "third"));
        Assert.Equal(["third"], _inHand.LetGo(0));
    }

    [Fact]
    public void A_message_that_never_came_before_waits_for_nothing()
    {
        _inHand.TryTake(0, Of("a"), "first");

        Assert.True(_inHand.TryTake(1, Of("a"), "alike, and another"));
    }

    [Theory]
    [InlineData("other id", "a")]
    [InlineData("id", "b")]
    public void Only_what_is_alike_in_id_and_body_is_the_same(string id, string body)
    {
        _inHand.TryTake(0, Of("a"), "first");

        Assert.True(_inHand.TryTake(1, Of(body, redelivered: true, id), "another"));
    }

    [Fact]
    public void A_lane_has_all_of_its_batch_in_hand()
    {
        _inHand.TryTake(0, Of("a"), "batch");
        _inHand.TryTake(0, Of("b"), "batch");

        Assert.False(_inHand.TryTake(1, Of("a", redelivered: true), "a"));
        Assert.False(_inHand.TryTake(1, Of("b", redelivered: true), "b"));
        Assert.Equal(["a", "b"], _inHand.LetGo(0));
    }

    [Fact]
    public void What_waits_can_be_taken_back()
    {
        _inHand.TryTake(0, Of("a"), "first");
        _inHand.TryTake(1, Of("a", redelivered: true), "second");
        _inHand.TryTake(1, Of("a", redelivered: true), "third");

        Assert.Equal(["third"], _inHand.TakeWaiting(static item => item == "third"));
        Assert.Equal(["second"], _inHand.LetGo(0));
    }

    private static AmqpDelivery Of(string body, bool redelivered = false, string id = "id") =>
        Deliveries.New(new BasicProperties { MessageId = id }, redelivered: redelivered, body: System.Text.Encoding.UTF8.GetBytes(body));
}
