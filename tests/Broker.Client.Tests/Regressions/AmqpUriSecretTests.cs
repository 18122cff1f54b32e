namespace Broker.Client.Tests.Regressions;

public sealed class AmqpUriSecretTests
{
    [Theory]
    [InlineData("amqp://ann:Top/Secret@h")]
    [InlineData("amqp://ann:Top?Secret@h")]
    [InlineData("amqp://ann:5672/Secret@h/v/w")]
    [InlineData("ann:Top://Secret@h")]
    public void A_password_that_is_not_encoded_is_not_shown(string uri)
    {
        var error = Assert.Throws<FormatException>(() => BrokerOptions.Parse(uri));

        Assert.DoesNotContain("Top", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://ann:5672/Secret@h")]
    [InlineData("amqp://ann:5672?Secret@h")]
    public void A_password_that_is_not_encoded_is_not_taken_for_a_port_and_a_virtual_host(string uri)
    {
        var error = Assert.Throws<FormatException>(() => BrokerOptions.Parse(uri));

        Assert.DoesNotContain("Secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://one,,two")]
    [InlineData("amqp://one,")]
    public void An_empty_host_among_several_is_not_taken_for_localhost(string uri)
    {
        Assert.Throws<FormatException>(() => BrokerOptions.Parse(uri));
    }
}
