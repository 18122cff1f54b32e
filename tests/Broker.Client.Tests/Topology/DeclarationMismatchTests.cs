namespace Broker.Client.Tests.Topology;

public sealed class DeclarationMismatchTests
{
    [Theory]
    [InlineData("x-queue-type", "'quorum' but current is 'classic'", "Type = QueueType.Classic")]
    [InlineData("x-queue-type", "'classic' but current is 'quorum'", "Type = QueueType.Quorum")]
    [InlineData("x-queue-type", "'quorum' but current is 'stream'", "Type = QueueType.Stream")]
    [InlineData("x-queue-type", "the value 'quorum' of type 'longstr' but current is none", "Type = QueueType.Classic")]
    [InlineData("durable", "'true' but current is 'false'", "Durable = false")]
    [InlineData("exclusive", "'false' but current is 'true'", "Exclusive = true")]
    [InlineData("auto_delete", "'false' but current is 'true'", "AutoDelete = true")]
    [InlineData("x-message-ttl", "none but current is the value '60000' of type 'long'", "MessageTtl = TimeSpan.FromMilliseconds(60000)")]
    [InlineData("x-message-ttl", "the value '60000' of type 'signedint' but current is none", "MessageTtl = null")]
    [InlineData("x-message-ttl", "the value '1' of type 'long' but current is the value '2' of type 'long'", "MessageTtl = TimeSpan.FromMilliseconds(2)")]
    [InlineData("x-expires", "none but current is the value '1000' of type 'long'", "Expires = TimeSpan.FromMilliseconds(1000)")]
    [InlineData("x-max-length", "none but current is the value '5' of type 'long'", "MaxLength = 5")]
    [InlineData("x-max-length", "the value '5' of type 'long' but current is none", "MaxLength = null")]
    [InlineData("x-max-length-bytes", "none but current is the value '5' of type 'long'", "MaxLengthBytes = 5")]
    [InlineData("x-dead-letter-exchange", "none but current is the value 'dead' of type 'longstr'", "DeadLetterExchange = \"dead\"")]
    [InlineData("x-dead-letter-exchange", "none but current is the value '' of type 'longstr'", "DeadLetterExchange = \"\"")]
    [InlineData("x-dead-letter-exchange", "the value 'dead' of type 'longstr' but current is none", "DeadLetterExchange = null")]
    [InlineData("x-dead-letter-routing-key", "none but current is the value 'k' of type 'longstr'", "DeadLetterRoutingKey = \"k\"")]
    [InlineData("x-delivery-limit", "none but current is the value '5' of type 'signedint'", "DeliveryLimit = 5")]
    [InlineData("x-max-priority", "none but current is the value '9' of type 'signedint'", "MaxPriority = 9")]
    [InlineData("x-single-active-consumer", "none but current is the value 'true' of type 'bool'", "SingleActiveConsumer = true")]
    [InlineData("x-single-active-consumer", "the value 'true' of type 'bool' but current is none", "SingleActiveConsumer = false")]
    [InlineData("x-overflow", "none but current is the value 'reject-publish' of type 'longstr'", "Overflow = QueueOverflow.RejectPublish")]
    [InlineData("x-overflow", "none but current is the value 'reject-publish-dlx' of type 'longstr'", "Overflow = QueueOverflow.RejectPublishDeadLetter")]
    [InlineData("x-overflow", "none but current is the value 'drop-head' of type 'longstr'", "Overflow = QueueOverflow.DropHead")]
    [InlineData("x-overflow", "the value 'drop-head' of type 'longstr' but current is none", "Overflow = null")]
    [InlineData("x-dead-letter-strategy", "none but current is the value 'at-least-once' of type 'longstr'", "DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce")]
    [InlineData("x-dead-letter-strategy", "the value 'at-least-once' of type 'longstr' but current is none", "DeadLetterStrategy = null")]
    [InlineData("x-queue-mode", "none but current is the value 'lazy' of type 'longstr'", "Arguments = { [\"x-queue-mode\"] = \"lazy\" }")]
    [InlineData("x-novel", "none but current is the value '12' of type 'long'", "Arguments = { [\"x-novel\"] = 12 }")]
    public void The_line_that_matches_the_queue_is_printed(string argument, string words, string line)
    {
        var error = Explain("queue", $"PRECONDITION_FAILED - inequivalent arg '{argument}' for queue 'orders' in vhost '/': received {words}");

        Assert.Contains($"declare it with `new QueueOptions {{ {line} }}`;", error!.Message, StringComparison.Ordinal);
        Assert.Contains($"queue 'orders'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{argument} is ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("durable", "'true' but current is 'false'", "Durable = false")]
    [InlineData("auto_delete", "'false' but current is 'true'", "AutoDelete = true")]
    [InlineData("internal", "'false' but current is 'true'", "Internal = true")]
    [InlineData("alternate-exchange", "none but current is the value 'alt' of type 'longstr'", "AlternateExchange = \"alt\"")]
    [InlineData("alternate-exchange", "the value 'alt' of type 'longstr' but current is none", "AlternateExchange = null")]
    [InlineData("x-novel", "none but current is the value 'v' of type 'longstr'", "Arguments = { [\"x-novel\"] = \"v\" }")]
    public void The_line_that_matches_the_exchange_is_printed(string argument, string words, string line)
    {
        var error = Explain("exchange", $"PRECONDITION_FAILED - inequivalent arg '{argument}' for exchange 'orders' in vhost 'my vhost': received {words}");

        Assert.Contains($"declare it with `new ExchangeOptions {{ {line} }}`;", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kind_of_an_exchange_is_an_argument_of_its_own()
    {
        var error = Explain("exchange", "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'orders' in vhost '/': received 'topic' but current is 'fanout'");

        Assert.Contains("declare it with `kind: \"fanout\"`;", error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("exchange")]
    public void An_argument_that_is_one_too_many_is_named(string what)
    {
        var error = Explain(what, $"PRECONDITION_FAILED - inequivalent arg 'x-novel' for {what} 'orders' in vhost '/': received the value '12' of type 'long' but current is none");

        Assert.Contains("declare it without \"x-novel\" in its Arguments;", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_queue_without_a_type_is_said_to_be_classic()
    {
        var error = Explain("queue", "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'orders' in vhost '/': received the value 'quorum' of type 'longstr' but current is none");

        Assert.Contains("x-queue-type is not set there, which makes it a classic queue.", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_quotes_and_spaces_do_not_mislead_it()
    {
        var error = Explain("queue", "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'it's in vhost' in vhost 'a 'b': received 'true' but current is 'false'");

        Assert.Contains("`new QueueOptions { Durable = false }`", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_brokers_own_words_are_kept()
    {
        const string Text = "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'orders' in vhost '/': received 'true' but current is 'false'";

        var error = Explain("queue", Text)!;

        Assert.Equal((406, Text, false), (error.ReplyCode, error.ReplyText, error.IsTransient));
        Assert.Contains(Text, error.Message, StringComparison.Ordinal);
        Assert.IsType<TopologyException>(error.InnerException);
    }

    [Theory]
    [InlineData(406, "PRECONDITION_FAILED - queue 'orders' in vhost '/' in use")]
    [InlineData(406, "PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'orders' in vhost '/': {value_negative,-1}")]
    [InlineData(406, null)]
    [InlineData(405, "inequivalent arg 'durable' for queue 'orders' in vhost '/': received 'true' but current is 'false'")]
    public void Another_refusal_is_not_explained_away(ushort code, string? text)
    {
        Assert.Null(Explain("queue", text, code));
    }

    private static TopologyException? Explain(string what, string? text, ushort code = 406) =>
        DeclarationMismatch.Explain(what, "orders", new TopologyException("refused", isTransient: false, code, text));
}
