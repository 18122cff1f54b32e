namespace Broker.Client.Tests.Diagnostics;

public sealed class DestinationTests
{
    private const string Made = "broker-client.0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("events", "order.created", "events:order.created", "events", "order.created")]
    [InlineData("events", "", "events", "events", null)]
    [InlineData("", "orders", "orders", "orders", "orders")]
    [InlineData("", "", "amq.default", "amq.default", null)]
    [InlineData("", Made, Made, null, Made)]
    [InlineData("", "amq.gen-JzTY20BRgKO-HjmUJj0wLg", "amq.gen-JzTY20BRgKO-HjmUJj0wLg", null, "amq.gen-JzTY20BRgKO-HjmUJj0wLg")]
    public void A_publish_is_named_by_exchange_and_key(string exchange, string key, string name, string? entity, string? named) =>
        Assert.Equal(new Destination(name, entity, named), Destination.Of(new Publication(exchange, key, new Message())));

    [Fact]
    public void The_address_of_a_caller_is_told_to_nobody()
    {
        var destination = Destination.Of(new Publication("", "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM.secret", new Message()));

        Assert.Equal(new Destination("amq.rabbitmq.reply-to", null, "amq.rabbitmq.reply-to"), destination);
    }

    [Theory]
    [InlineData("events", "order.created", "events:order.created:orders")]
    [InlineData("events", "orders", "events:orders")]
    [InlineData("events", "", "events:orders")]
    [InlineData("", "orders", "orders")]
    [InlineData("", "another", "another:orders")]
    public void A_delivery_is_named_by_exchange_key_and_queue(string exchange, string key, string name)
    {
        var destination = Destination.Of(new AmqpDelivery("orders", 1, false, exchange, key, new RabbitMQ.Client.BasicProperties(), []));

        Assert.Equal((name, "orders"), (destination.Name, destination.Entity));
    }
}
