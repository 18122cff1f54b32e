using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>A password that would cross a network in clear text is warned of, before anything is sent: no client here connects.</summary>
public sealed class ClearTextPasswordTests
{
    private const int Warning = 1006;

    [Theory]
    [InlineData("amqp://user:password@broker.example", "broker.example")]
    [InlineData("amqp://user:password@192.0.2.7:5673/vhost", "192.0.2.7")]
    [InlineData("amqp://user:password@[2001:db8::1]", "2001:db8::1")]
    [InlineData("amqp://user:password@localhost.example", "localhost.example")]
    [InlineData("amqp://user:password@localhost,broker.example", "broker.example")]
    public async Task A_clear_text_password_to_another_machine_is_warned_of(string uri, string host)
    {
        var warning = Assert.Single(await WarningsAsync(uri));

        Assert.Contains(host, warning);
        Assert.Contains("amqps://", warning);
        Assert.DoesNotContain("user", warning);
        Assert.DoesNotContain(":password", warning);
    }

    [Fact]
    public async Task Each_of_several_hosts_is_named()
    {
        var warnings = await WarningsAsync("amqp://user:password@one.example,two.example:5673,one.example:5674");

        Assert.Equal(2, warnings.Count);
    }

    [Theory]
    [InlineData("amqp://user:password@localhost")]
    [InlineData("amqp://user:password@LOCALHOST:5673")]
    [InlineData("amqp://user:password@127.0.0.1")]
    [InlineData("amqp://user:password@127.3.2.1")]
    [InlineData("amqp://user:password@[::1]")]
    [InlineData("amqps://user:password@broker.example")]
    [InlineData("amqps://user:password@localhost,broker.example")]
    public async Task This_machine_and_tls_are_not_warned_of(string uri)
    {
        Assert.Empty(await WarningsAsync(uri));
    }

    private static async Task<List<string>> WarningsAsync(string uri)
    {
        var log = new LogRecorder();
        var client = new BrokerClient(BrokerOptions.Parse(uri) with { LoggerFactory = log });
        await client.DisposeAsync();
        return [.. log.Entries.Where(entry => entry.Id == Warning && entry.Level == LogLevel.Warning).Select(entry => entry.Text)];
    }
}
