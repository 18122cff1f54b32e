using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>Where a queue or exchange exists in another way, the error shows the argument and the line that matches what is there.</summary>
public sealed class QueueMismatchTests(BrokerFixture brokers)
{
    private static readonly Dictionary<string, (QueueOptions There, QueueOptions Wanted, string Argument, string Line)> s_queues = new()
    {
        ["type"] = (new() { Type = QueueType.Stream }, new(), "x-queue-type", "Type = QueueType.Stream"),
        ["ttl"] = (new() { MessageTtl = TimeSpan.FromSeconds(90) }, new(), "x-message-ttl", "MessageTtl = TimeSpan.FromMilliseconds(90000)"),
        ["ttl none"] = (new(), new() { MessageTtl = TimeSpan.FromSeconds(1) }, "x-message-ttl", "MessageTtl = null"),
        ["expires"] = (new() { Expires = TimeSpan.FromMinutes(5) }, new() { Expires = TimeSpan.FromMinutes(6) }, "x-expires", "Expires = TimeSpan.FromMilliseconds(300000)"),
        ["length"] = (new() { MaxLength = 1000 }, new() { MaxLength = 7 }, "x-max-length", "MaxLength = 1000"),
        ["bytes"] = (new() { MaxLengthBytes = 1000 }, new(), "x-max-length-bytes", "MaxLengthBytes = 1000"),
        ["overflow"] = (new() { Overflow = QueueOverflow.RejectPublish }, new(), "x-overflow", "Overflow = QueueOverflow.RejectPublish"),
        ["dead letter"] = (new() { DeadLetterExchange = "amq.fanout" }, new(), "x-dead-letter-exchange", "DeadLetterExchange = \"amq.fanout\""),
        ["dead letter empty"] = (new() { DeadLetterExchange = "" }, new() { DeadLetterExchange = "x" }, "x-dead-letter-exchange", "DeadLetterExchange = \"\""),
        ["dead letter key"] = (
            new() { DeadLetterExchange = "amq.direct", DeadLetterRoutingKey = "dead" }, new() { DeadLetterExchange = "amq.direct" },
            "x-dead-letter-routing-key", "DeadLetterRoutingKey = \"dead\""),
        ["delivery limit"] = (
            new() { DeadLetterExchange = "amq.direct", DeliveryLimit = 7 }, new() { DeadLetterExchange = "amq.direct", DeliveryLimit = 8 },
            "x-delivery-limit", "DeliveryLimit = 7"),
        ["single active"] = (new() { SingleActiveConsumer = true }, new(), "x-single-active-consumer", "SingleActiveConsumer = true"),
        ["priority"] = (new() { MaxPriority = 9 }, new() { MaxPriority = 3 }, "x-max-priority", "MaxPriority = 9"),
        ["auto-delete"] = (new() { AutoDelete = true }, new() { Type = QueueType.Classic }, "auto_delete", "AutoDelete = true"),
    };

    private static readonly Dictionary<string, (string Kind, ExchangeOptions There, ExchangeOptions Wanted, string Line)> s_exchanges = new()
    {
        ["type"] = (ExchangeKind.Topic, new(), new(), "kind: \"topic\""),
        ["durable"] = (ExchangeKind.Direct, new() { Durable = false }, new(), "Durable = false"),
        ["auto-delete"] = (ExchangeKind.Direct, new() { AutoDelete = true }, new(), "AutoDelete = true"),
        ["internal"] = (ExchangeKind.Direct, new() { Internal = true }, new(), "Internal = true"),
        ["alternate"] = (ExchangeKind.Direct, new() { AlternateExchange = "amq.fanout" }, new(), "AlternateExchange = \"amq.fanout\""),
    };

    public static TheoryData<string> Queues => [.. s_queues.Keys];

    public static TheoryData<string> Exchanges => [.. s_exchanges.Keys];

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task A_queue_error_shows_the_argument_and_the_line_that_matches(string what)
    {
        var (there, wanted, argument, line) = s_queues[what];
        brokers.Shared.Require(there.Needs());
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, there);

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareQueueAsync(queue, wanted).InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.False(error.IsTransient);
        Assert.Contains($"{argument} is ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"`new QueueOptions {{ {line} }}`", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task An_exchange_error_shows_the_line_that_matches(string what)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (kind, there, wanted, line) = s_exchanges[what];
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, kind, there).InTime();

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareExchangeAsync(exchange, ExchangeKind.Direct, wanted).InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains(line.StartsWith("kind", StringComparison.Ordinal) ? $"`{line}`" : $"`new ExchangeOptions {{ {line} }}`", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_line_says_does_match()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { MaxLength = 12, MessageTtl = TimeSpan.FromMinutes(1) });

        var again = await broker.DeclareQueueAsync(queue, new QueueOptions { MaxLength = 12, MessageTtl = TimeSpan.FromMilliseconds(60000) }).InTime();

        Assert.Equal(queue, again.Name);
    }
}
