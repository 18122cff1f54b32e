namespace Broker.Client.Tests.Connection;

public sealed class ClearTextTests
{
    [Theory]
    [InlineData("amqp://localhost")]
    [InlineData("amqp://LOCALHOST")]
    [InlineData("amqp://rabbit.localhost")]
    [InlineData("amqp://127.0.0.1")]
    [InlineData("amqp://127.8.9.1")]
    [InlineData("amqp://[::1]")]
    public void A_password_may_cross_this_machine(string uri)
    {
        Assert.Empty(ClearText.Exposed(BrokerOptions.Parse(uri)));
    }

    [Theory]
    [InlineData("rabbit.example")]
    [InlineData("10.0.0.1")]
    [InlineData("notlocalhost")]
    [InlineData("localhost.example")]
    [InlineData("0.0.0.0")]
    public void A_password_to_another_host_is_exposed(string host)
    {
        Assert.Equal([host], ClearText.Exposed(BrokerOptions.Parse($"amqp://{host}")));
    }

    [Fact]
    public void Every_exposed_host_is_named_once()
    {
        Assert.Equal(["a", "b"], ClearText.Exposed(BrokerOptions.Parse("amqp://a:1,localhost,b,a:2")));
    }

    [Fact]
    public void TLS_hides_it()
    {
        Assert.Empty(ClearText.Exposed(BrokerOptions.Parse("amqps://rabbit.example")));
    }

    [Fact]
    public void A_login_without_a_password_exposes_none()
    {
        var options = new BrokerOptions { Endpoints = { new("rabbit.example") }, Authentication = BrokerAuthentication.External };

        Assert.Empty(ClearText.Exposed(options));
    }
}
