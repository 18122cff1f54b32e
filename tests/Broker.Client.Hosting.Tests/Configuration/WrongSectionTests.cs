using Broker.Client.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting.Tests.Configuration;

/// <summary>What is wrong in a file is told by the key that it stands under, and without the value of a secret.</summary>
public sealed class WrongSectionTests
{
    [Theory]
    [InlineData("""{ "Prefetsch": 1 }""", "There is no key 'Broker:Prefetsch'. Valid in 'Broker' are Authentication, BlockedTimeout, ")]
    [InlineData("""{ "Publisher": { "Deadlin": 1 } }""", "There is no key 'Broker:Publisher:Deadlin'. Valid in 'Broker:Publisher' are Channels, Deadline, ")]
    [InlineData("""{ "Endpoints": [ { "Hots": "one" } ] }""", "There is no key 'Broker:Endpoints:0:Hots'. Valid in 'Broker:Endpoints:0' are Host, Port.")]
    [InlineData("""{ "Heartbeat": "10" }""", "Broker:Heartbeat is '10'; it must be a time as hours:minutes:seconds, for instance 00:00:30 or 00:00:00.250.")]
    [InlineData("""{ "Heartbeat": { "Seconds": 10 } }""", "Broker:Heartbeat takes one value, and has keys below it.")]
    [InlineData("""{ "Publisher": "fast" }""", "Broker:Publisher has keys of its own, and no value: Channels, Deadline, ")]
    [InlineData("""{ "MaxChannels": 70000 }""", "Broker:MaxChannels is '70000'; it must be a whole number from 0 to 65535.")]
    [InlineData("""{ "MaxChannels": "1,000" }""", "Broker:MaxChannels is '1,000'; it must be a whole number from 0 to 65535.")]
    [InlineData("""{ "Authentication": "Kerberos" }""", "Broker:Authentication is 'Kerberos'; it must be Plain, External.")]
    [InlineData("""{ "Authentication": 1 }""", "Broker:Authentication is '1'; it must be Plain, External.")]
    [InlineData("""{ "FailFast": "yes" }""", "Broker:FailFast is 'yes'; it must be true or false.")]
    [InlineData("""{ "Uri": "http://one" }""", "Broker:Uri: A broker URI begins with amqp:// or amqps://")]
    [InlineData("""{ "Uri": "amqp://one", "Endpoints": [ { "Host": "two" } ] }""", "'Broker:Uri' names the hosts, and so does 'Broker:Endpoints': leave one of them out.")]
    [InlineData("""{ "Tls": {} }""", "Broker:Tls is empty. For TLS with all its defaults write an amqps:// URI, or 'Broker:Tls:Protocols' = None.")]
    [InlineData("""{ "MaxChannels": 3 }""", "Broker:MaxChannels: BrokerOptions.MaxChannels must be from 4 to 65535.")]
    [InlineData("""{ "ReconnectDelay": "00:00:20" }""", "Broker:ReconnectDelay: BrokerOptions.MaxReconnectDelay (00:00:12) is below ReconnectDelay (00:00:20).")]
    [InlineData("""{ "Publisher": { "Channels": 33 } }""", "Broker:Publisher:Channels: PublisherOptions.Channels must be from 1 to 32.")]
    [InlineData("""{ "Tls": { "CaFile": "nowhere.pem" } }""", "Broker:Tls:CaFile: TlsOptions.CaFile: there is no file 'nowhere.pem'.")]
    [InlineData("""{ "Endpoints": [ { "Port": 1 } ] }""", "BrokerOptions.Endpoints has an endpoint without a host.")]
    public void It_is_told_by_its_key(string section, string expected)
    {
        var failure = Assert.Single(Configured.Failures($$"""{ "Broker": {{section}} }"""));

        Assert.StartsWith(expected, failure, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var failures = Configured.Failures("""{ "Broker": { "Heartbeat": 10, "Caller": { "Window": "wide" }, "Nonsense": 1 } }""");

        Assert.Equal(["Broker:Caller:Window", "Broker:Heartbeat", "There is no key 'Broker:Nonsense'"], failures.Select(failure => failure.Split([" is '", "."], 2, default)[0]).Order());
    }

    [Fact]
    public void A_section_that_is_not_there_is_told_unless_code_says_where_the_broker_is()
    {
        var services = new ServiceCollection();
        services.AddBroker(Configured.Json("{}").GetSection("Brokr"));

        var error = Assert.Throws<OptionsValidationException>(() => Configured.Options(services));
        services.AddBroker(options => options.Apply("amqp://one"));

        Assert.Equal("There is no section 'Brokr'.", error.Message);
        Assert.Equal("one", Configured.Options(services).Endpoints[0].Host);
    }

    [Theory]
    [InlineData("""{ "Uri": "amqp://ann:c4nary@one/a/b" }""")]
    [InlineData("""{ "Uri": "amqp://ann:c4nary%zz@one" }""")]
    [InlineData("""{ "Uri": "ann:c4nary@one" }""")]
    [InlineData("""{ "Uri": "amqp://ann:c4nary@one?nonsense=1" }""")]
    [InlineData("""{ "Uri": "amqp://ann:c4nary@one:port" }""")]
    [InlineData("""{ "Password": { "c4nary": { "c4nary": "c4nary" } }, "Uri": "amqps://one" }""", "Broker:Password takes one value, and has keys below it.")]
    [InlineData("""{ "Password": "c4nary", "MaxChannels": 3 }""")]
    [InlineData("""{ "Tls": { "KeyPassword": "c4nary" } }""")]
    public void A_secret_is_no_part_of_it(string section, string? expected = null)
    {
        var services = new ServiceCollection();
        services.AddBroker(Configured.Json($$"""{ "Broker": {{section}} }""").GetSection("Broker"));

        var error = Assert.Throws<OptionsValidationException>(() => Configured.Options(services));

        Assert.DoesNotContain("c4nary", error.ToString(), StringComparison.Ordinal);
        if (expected is not null)
            Assert.Equal(expected, error.Message);
    }
}
