namespace Broker.Client.Tests.Regressions;

public sealed class OptionsEdgeTests
{
    [Fact]
    public void A_frozen_copy_has_authorities_of_its_own()
    {
        var options = new BrokerOptions { Tls = new TlsOptions { CaCertificates = [] } };

        var frozen = options.Freeze();

        Assert.NotSame(options.Tls.CaCertificates, frozen.Tls!.CaCertificates);
    }

    [Fact]
    public void Collections_that_are_null_are_refused_by_name()
    {
        Assert.Contains("Endpoints", Assert.Throws<ArgumentNullException>(new BrokerOptions { Endpoints = null! }.Freeze).Message, StringComparison.Ordinal);
        Assert.Contains("ClientProperties", Assert.Throws<ArgumentNullException>(new BrokerOptions { ClientProperties = null! }.Freeze).Message, StringComparison.Ordinal);
        Assert.Contains("Arguments", Assert.Throws<ArgumentNullException>(new ConsumerOptions { Arguments = null! }.Freeze).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Client_properties_that_AMQP_cannot_hold_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(new BrokerOptions { ClientProperties = { ["a"] = Guid.Empty } }.Freeze);
    }

    [Fact]
    public void Arguments_of_a_consumer_that_AMQP_cannot_hold_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(new ConsumerOptions { Arguments = { ["a"] = Guid.Empty } }.Freeze);
    }

    [Fact]
    public void External_authentication_needs_a_certificate_of_the_client()
    {
        Assert.ThrowsAny<ArgumentException>(new BrokerOptions { Authentication = BrokerAuthentication.External, Tls = new TlsOptions() }.Freeze);
    }

    [Fact]
    public void An_ack_mode_that_is_none_is_refused()
    {
        Assert.ThrowsAny<ArgumentException>(new ConsumerOptions { AckMode = (AckMode)7 }.Freeze);
    }

    [Fact]
    public void A_dead_letter_exchange_among_the_arguments_counts_for_its_routing_key()
    {
        new QueueOptions { DeadLetterRoutingKey = "k", Arguments = { ["x-dead-letter-exchange"] = "dead" } }.Validate("q");
    }

    [Fact]
    public void A_stream_has_neither_overflow_nor_a_dead_letter_strategy()
    {
        Assert.ThrowsAny<ArgumentException>(() => new QueueOptions { Type = QueueType.Stream, DeadLetterStrategy = DeadLetterStrategy.AtMostOnce }.Validate("q"));
        Assert.ThrowsAny<ArgumentException>(() => new QueueOptions { Type = QueueType.Stream, Overflow = QueueOverflow.RejectPublish }.Validate("q"));
    }
}
