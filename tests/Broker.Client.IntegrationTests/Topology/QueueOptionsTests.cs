using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>Each option arrives: plain RabbitMQ.Client finds the queue to be like that, and not otherwise.</summary>
public sealed class QueueOptionsTests(BrokerFixture brokers)
{
    private static readonly Dictionary<string, (QueueOptions Options, Dictionary<string, object?> Arguments)> s_options = new()
    {
        ["x-queue-type quorum"] = (new() { Type = QueueType.Quorum }, Quorum()),
        ["x-queue-type stream"] = (new() { Type = QueueType.Stream }, new() { ["x-queue-type"] = "stream" }),
        ["x-queue-type classic"] = (new() { Type = QueueType.Classic }, Classic()),
        ["x-message-ttl"] = (new() { MessageTtl = TimeSpan.FromSeconds(90) }, Quorum(("x-message-ttl", 90_000))),
        ["x-expires"] = (new() { Expires = TimeSpan.FromMinutes(5) }, Quorum(("x-expires", 300_000))),
        ["x-max-length"] = (new() { MaxLength = 1000 }, Quorum(("x-max-length", 1000))),
        ["x-max-length-bytes"] = (new() { MaxLengthBytes = 5_000_000_000 }, Quorum(("x-max-length-bytes", 5_000_000_000))),
        ["x-overflow drop"] = (new() { MaxLength = 10, Overflow = QueueOverflow.DropHead }, Quorum(("x-max-length", 10), ("x-overflow", "drop-head"))),
        ["x-overflow reject"] = (new() { MaxLength = 10, Overflow = QueueOverflow.RejectPublish }, Quorum(("x-max-length", 10), ("x-overflow", "reject-publish"))),
        ["x-overflow dead-letter"] = (
            new() { Type = QueueType.Classic, MaxLength = 10, Overflow = QueueOverflow.RejectPublishDeadLetter },
            Classic(("x-max-length", 10), ("x-overflow", "reject-publish-dlx"))),
        ["x-dead-letter-exchange"] = (new() { DeadLetterExchange = "amq.fanout" }, Quorum(("x-dead-letter-exchange", "amq.fanout"))),
        ["x-dead-letter-exchange default"] = (new() { DeadLetterExchange = "" }, Quorum(("x-dead-letter-exchange", ""))),
        ["x-dead-letter-routing-key"] = (
            new() { DeadLetterExchange = "amq.direct", DeadLetterRoutingKey = "dead" },
            Quorum(("x-dead-letter-exchange", "amq.direct"), ("x-dead-letter-routing-key", "dead"))),
        ["x-dead-letter-strategy"] = (
            new() { DeadLetterExchange = "amq.direct", DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce, Overflow = QueueOverflow.RejectPublish },
            Quorum(("x-dead-letter-exchange", "amq.direct"), ("x-overflow", "reject-publish"), ("x-dead-letter-strategy", "at-least-once"))),
        ["x-delivery-limit"] = (
            new() { DeadLetterExchange = "amq.direct", DeliveryLimit = 7 }, Quorum(("x-dead-letter-exchange", "amq.direct"), ("x-delivery-limit", 7))),
        ["x-single-active-consumer"] = (new() { SingleActiveConsumer = true }, Quorum(("x-single-active-consumer", true))),
        ["x-max-priority"] = (new() { MaxPriority = 9 }, Classic(("x-max-priority", 9))),
        ["raw x-max-length"] = (new() { Arguments = { ["x-max-length"] = 11 } }, Quorum(("x-max-length", 11))),
    };

    public static TheoryData<string> Options => [.. s_options.Keys];

    [Theory]
    [MemberData(nameof(Options))]
    public async Task An_option_arrives_at_the_broker(string option)
    {
        var (options, arguments) = s_options[option];
        brokers.Shared.Require(options.Needs());
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe, options);

        Assert.Null(await raw.RedeclareAsync(queue, arguments));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public async Task A_queue_without_the_option_is_another_one(string option)
    {
        var argument = option.Split(' ').First(word => word.StartsWith("x-", StringComparison.Ordinal));
        Assert.SkipWhen(option == "x-queue-type classic", "Classic is what a broker makes of no type: see QueueDefaultsTests.");
        var (options, arguments) = s_options[option];
        brokers.Shared.Require(options.Needs());
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe, options);
        var others = arguments.Where(each => each.Key != argument).ToDictionary();

        Assert.Matches($"^406 .*inequivalent arg '{argument}'", await raw.RedeclareAsync(queue, others));
    }

    private static Dictionary<string, object?> Quorum(params (string Name, object? Value)[] more) => Arguments("quorum", more);

    private static Dictionary<string, object?> Classic(params (string Name, object? Value)[] more) => Arguments("classic", more);

    private static Dictionary<string, object?> Arguments(string type, (string Name, object? Value)[] more)
    {
        var arguments = more.ToDictionary(each => each.Name, each => each.Value);
        arguments["x-queue-type"] = type;
        return arguments;
    }
}
