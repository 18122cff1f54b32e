namespace Broker.Client.Tests.Topology;

public sealed class QueueOptionsTests
{
    private const QueueType Classic = QueueType.Classic;
    private const QueueType Quorum = QueueType.Quorum;
    private const QueueType Stream = QueueType.Stream;

    public static TheoryData<QueueOptions, QueueType> Types => new()
    {
        { new(), Quorum },
        { new() { Exclusive = true }, Classic },
        { new() { AutoDelete = true }, Classic },
        { new() { Durable = false }, Classic },
        { new() { MaxPriority = 5 }, Classic },
        { new() { SingleActiveConsumer = true }, Quorum },
        { new() { MessageTtl = TimeSpan.FromSeconds(1), MaxLength = 1 }, Quorum },
        { new() { Type = Classic }, Classic },
        { new() { Type = Quorum, Exclusive = true }, Quorum },
        { new() { Type = Stream }, Stream },
    };

    [Theory]
    [MemberData(nameof(Types), DisableDiscoveryEnumeration = true)]
    public void The_type_follows_from_what_a_quorum_queue_cannot_be(QueueOptions options, QueueType expected)
    {
        Assert.Equal(expected, options.EffectiveType);
    }

    [Fact]
    public void A_queue_without_a_name_is_exclusive_and_classic()
    {
        var queue = BrokerTopology.ToQueue("", null);

        Assert.True(queue.Options.Exclusive);
        Assert.Equal(Classic, queue.Options.EffectiveType);
    }

    [Theory]
    [InlineData(null, "quorum")]
    [InlineData(Classic, "classic")]
    [InlineData(Quorum, "quorum")]
    [InlineData(Stream, "stream")]
    public void Of_arguments_only_the_type_is_sent(QueueType? type, string expected)
    {
        var arguments = new QueueOptions { Type = type }.ToArguments();

        Assert.Equal([KeyValuePair.Create("x-queue-type", (object?)expected)], arguments);
    }

    public static TheoryData<string, object, QueueOptions> Arguments => new()
    {
        { "x-message-ttl", 60_000L, new() { MessageTtl = TimeSpan.FromMinutes(1) } },
        { "x-message-ttl", 0L, new() { MessageTtl = TimeSpan.Zero } },
        { "x-expires", 1_500L, new() { Expires = TimeSpan.FromSeconds(1.5) } },
        { "x-delayed-retry-type", "failed", new() { DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)) } },
        { "x-delayed-retry-min", 1_000L, new() { DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)) } },
        { "x-delayed-retry-max", 60_000L, new() { DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)) } },
        { "x-max-length", 5L, new() { MaxLength = 5 } },
        { "x-max-length-bytes", 6L, new() { MaxLengthBytes = 6 } },
        { "x-overflow", "drop-head", new() { Overflow = QueueOverflow.DropHead } },
        { "x-overflow", "reject-publish", new() { Overflow = QueueOverflow.RejectPublish } },
        { "x-overflow", "reject-publish-dlx", new() { Type = Classic, Overflow = QueueOverflow.RejectPublishDeadLetter } },
        { "x-dead-letter-exchange", "dead", new() { DeadLetterExchange = "dead" } },
        { "x-dead-letter-exchange", "", new() { DeadLetterExchange = "" } },
        { "x-dead-letter-routing-key", "key", new() { DeadLetterExchange = "", DeadLetterRoutingKey = "key" } },
        { "x-dead-letter-strategy", "at-most-once", new() { DeadLetterStrategy = DeadLetterStrategy.AtMostOnce } },
        { "x-dead-letter-strategy", "at-least-once", new() { DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce, DeadLetterExchange = "", Overflow = QueueOverflow.RejectPublish } },
        { "x-delivery-limit", 7, new() { DeliveryLimit = 7, DeadLetterExchange = "dead" } },
        { "x-single-active-consumer", true, new() { SingleActiveConsumer = true } },
        { "x-max-priority", 9, new() { MaxPriority = 9 } },
    };

    [Theory]
    [MemberData(nameof(Arguments), DisableDiscoveryEnumeration = true)]
    public void A_property_is_sent_as_the_argument_that_the_broker_knows(string name, object expected, QueueOptions options)
    {
        options.Validate("q");

        Assert.Equal(expected, options.ToArguments()[name]);
    }

    [Fact]
    public void Further_arguments_win_over_the_properties()
    {
        var options = new QueueOptions { MaxLength = 1, Arguments = { ["x-max-length"] = 2L, ["x-novel"] = "n" } };

        var arguments = options.ToArguments();

        Assert.Equal((2L, "n"), (arguments["x-max-length"], arguments["x-novel"]));
    }

    public static TheoryData<string, QueueOptions> Refused => new()
    {
        { "MessageTtl is", new() { MessageTtl = TimeSpan.FromMilliseconds(-1) } },
        { "MessageTtl is", new() { MessageTtl = TimeSpan.FromMilliseconds(uint.MaxValue + 1L) } },
        { "Expires is", new() { Expires = TimeSpan.Zero } },
        { "Expires is", new() { Expires = TimeSpan.FromMicroseconds(999) } },
        { "Expires is", new() { Expires = TimeSpan.FromDays(50) } },
        { "DelayedRetry.Min is", new() { DelayedRetry = new(TimeSpan.Zero, TimeSpan.FromSeconds(1)) } },
        { "DelayedRetry.Max is", new() { DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromDays(50)) } },
        { "is below Min", new() { DelayedRetry = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)) } },
        { "this one is classic. FailurePolicy", new() { Type = Classic, DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) } },
        { "A stream has no DelayedRetry", new() { Type = Stream, DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) } },
        { "MaxLength is -1", new() { MaxLength = -1 } },
        { "MaxLengthBytes is -1", new() { MaxLengthBytes = -1 } },
        { "DeliveryLimit is 0", new() { DeliveryLimit = 0, DeadLetterExchange = "dead" } },
        { "DeliveryLimit is -1", new() { DeliveryLimit = -1, DeadLetterExchange = "dead" } },
        { "MaxPriority is 0", new() { MaxPriority = 0 } },
        { "DeliveryLimit without DeadLetterExchange makes the broker delete a message", new() { DeliveryLimit = 5 } },
        { "DeadLetterRoutingKey needs a DeadLetterExchange", new() { DeadLetterRoutingKey = "k" } },
        { "AtLeastOnce needs a DeadLetterExchange and Overflow", new() { DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce, DeadLetterExchange = "dead" } },
        { "AtLeastOnce needs a DeadLetterExchange and Overflow", new() { DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce, Overflow = QueueOverflow.RejectPublish } },
        { "DeliveryLimit is for quorum queues; this one is classic", new() { Type = Classic, DeliveryLimit = 5, DeadLetterExchange = "dead" } },
        { "DeliveryLimit is for quorum queues; this one is classic", new() { Exclusive = true, DeliveryLimit = 5, DeadLetterExchange = "dead" } },
        { "DeadLetterStrategy is for quorum queues", new() { Type = Classic, DeadLetterStrategy = DeadLetterStrategy.AtMostOnce } },
        { "A Quorum queue is always durable", new() { Type = Quorum, Durable = false } },
        { "A Quorum queue cannot be exclusive", new() { Type = Quorum, Exclusive = true } },
        { "A Quorum queue cannot be auto-deleted", new() { Type = Quorum, AutoDelete = true } },
        { "MaxPriority is for classic queues; this one is Quorum", new() { Type = Quorum, MaxPriority = 1 } },
        { "RejectPublishDeadLetter is for classic queues", new() { Overflow = QueueOverflow.RejectPublishDeadLetter } },
        { "A Stream queue is always durable", new() { Type = Stream, Durable = false } },
        { "A Stream queue cannot be exclusive", new() { Type = Stream, Exclusive = true } },
        { "A Stream queue cannot be auto-deleted", new() { Type = Stream, AutoDelete = true } },
        { "A stream has no MessageTtl or Expires", new() { Type = Stream, MessageTtl = TimeSpan.FromSeconds(1) } },
        { "A stream has no MessageTtl or Expires", new() { Type = Stream, Expires = TimeSpan.FromSeconds(1) } },
        { "bounded by MaxLengthBytes", new() { Type = Stream, MaxLength = 1 } },
        { "A stream does not dead-letter", new() { Type = Stream, DeadLetterExchange = "dead" } },
        { "A stream has no SingleActiveConsumer", new() { Type = Stream, SingleActiveConsumer = true } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_the_broker_would_refuse_or_lose_is_refused_with_what_to_write(string expected, QueueOptions options)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => options.Validate("orders"));

        Assert.StartsWith("Queue 'orders' cannot be declared like this: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delivery_limit_may_have_its_exchange_among_the_arguments()
    {
        new QueueOptions { DeliveryLimit = 5, Arguments = { ["x-dead-letter-exchange"] = "dead" } }.Validate("q");
    }

    [Fact]
    public void Values_at_their_limits_are_allowed()
    {
        new QueueOptions { MessageTtl = TimeSpan.Zero, Expires = TimeSpan.FromMilliseconds(1), MaxLength = 0, MaxLengthBytes = 0 }.Validate("q");
        new QueueOptions { MessageTtl = TimeSpan.FromMilliseconds(uint.MaxValue), Expires = TimeSpan.FromMilliseconds(uint.MaxValue) }.Validate("q");
        new QueueOptions { DeliveryLimit = 1, DeadLetterExchange = "" }.Validate("q");
        new QueueOptions { MaxPriority = 1 }.Validate("q");
        new QueueOptions { MaxPriority = 255 }.Validate("q");
    }

    [Fact]
    public void The_names_of_dead_letters_are_short_strings()
    {
        Assert.Throws<ArgumentException>(() => new QueueOptions { DeadLetterExchange = new('x', 256) }.Validate("q"));
        Assert.Throws<ArgumentException>(() => new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = new('x', 256) }.Validate("q"));
    }

    [Fact]
    public void A_snapshot_does_not_follow_its_original()
    {
        var options = new QueueOptions { Arguments = { ["a"] = 1 } };

        var snapshot = options.Snapshot();
        options.Arguments["b"] = 2;
        options.MaxLength = 1;

        Assert.Equal(["a"], snapshot.Arguments.Keys);
        Assert.Null(snapshot.MaxLength);
    }
}
