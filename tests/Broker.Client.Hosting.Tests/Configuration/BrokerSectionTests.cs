using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Broker.Client.Hosting.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting.Tests.Configuration;

public sealed class BrokerSectionTests
{
    // What a file cannot hold.
    private static readonly string[] s_inCodeOnly =
    [
        nameof(BrokerOptions.CredentialsProvider), nameof(BrokerOptions.LoggerFactory), nameof(BrokerOptions.TimeProvider),
        nameof(TlsOptions.CaCertificates), nameof(TlsOptions.ClientCertificate), nameof(ConsumerOptions.OrderingKey),
        nameof(ConsumerOptions.Filters),
    ];

    [Fact]
    public void Every_option_of_a_file_reaches_the_broker()
    {
        var file = Path.GetTempFileName();
        var options = Configured.Options($$"""
            {
              "Broker": {
                "Endpoints": [ { "Host": "one", "Port": 5673 }, { "Host": "two" } ],
                "VirtualHost": "orders",
                "UserName": "ann",
                "Password": "s3cret",
                "Authentication": "external",
                "Tls": {
                  "CaFile": "{{file}}", "CertFile": "{{file}}", "KeyFile": "{{file}}", "KeyPassword": "k", "ServerName": "broker.example",
                  "Protocols": "Tls12, Tls13", "RevocationMode": "Online"
                },
                "ClientName": "billing",
                "ClientProperties": { "team": "payments", "shard": 7, "canary": true },
                "Heartbeat": "00:00:07",
                "ConnectTimeout": "00:00:08",
                "ConnectDeadline": "00:00:09",
                "ConnectAttempts": 3,
                "ReconnectDelay": "00:00:00.250",
                "MaxReconnectDelay": "00:01:00",
                "BlockedTimeout": "00:00:00",
                "OperationTimeout": "00:00:11",
                "MaxChannels": 100,
                "MaxFrameSize": 16384,
                "MaxInboundMessageBytes": 2048,
                "Publisher": { "Deadline": "00:00:12", "WindowMessages": 13, "WindowBytes": 14, "Channels": 2, "MaxMessageBytes": 15 },
                "Caller": { "Timeout": "00:00:16", "Window": 17 }
              }
            }
            """);

        Assert.Equal([new("one", 5673), new("two")], options.Endpoints);
        Assert.Equal(("orders", "ann", "s3cret"), (options.VirtualHost, options.UserName, options.Password));
        Assert.Equal(BrokerAuthentication.External, options.Authentication);
        Assert.Equal(
            new TlsOptions
            {
                CaFile = file, CertFile = file, KeyFile = file, KeyPassword = "k", ServerName = "broker.example",
                Protocols = SslProtocols.Tls12 | SslProtocols.Tls13, RevocationMode = X509RevocationMode.Online,
            },
            options.Tls);
        Assert.Equal("billing", options.ClientName);
        Assert.Equal(
            new Dictionary<string, object?> { ["team"] = "payments", ["shard"] = 7L, ["canary"] = true }, options.ClientProperties);
        Assert.Equal(
            [7, 8, 9, 0.25, 60, 0, 11],
            new[]
            {
                options.Heartbeat, options.ConnectTimeout, options.ConnectDeadline, options.ReconnectDelay,
                options.MaxReconnectDelay, options.BlockedTimeout ?? TimeSpan.MaxValue, options.OperationTimeout,
            }.Select(time => time.TotalSeconds));
        Assert.Equal((3, (ushort)100, 16384u, 2048u), (options.ConnectAttempts, options.MaxChannels, options.MaxFrameSize, options.MaxInboundMessageBytes));
        Assert.Equal(
            new PublisherOptions
            {
                Deadline = TimeSpan.FromSeconds(12), WindowMessages = 13, WindowBytes = 14, Channels = 2, MaxMessageBytes = 15,
                Filters = options.Publisher.Filters,
            },
            options.Publisher);
        Assert.Equal(new CallerOptions { Timeout = TimeSpan.FromSeconds(16), Window = 17 }, options.Caller);
        File.Delete(file);
    }

    [Theory]
    [InlineData(typeof(BrokerOptions), "There is no key 'Broker:?'. Valid in 'Broker' are ")]
    [InlineData(typeof(PublisherOptions), "There is no key 'Broker:Publisher:?'. Valid in 'Broker:Publisher' are ")]
    [InlineData(typeof(CallerOptions), "There is no key 'Broker:Caller:?'. Valid in 'Broker:Caller' are ")]
    [InlineData(typeof(TlsOptions), "There is no key 'Broker:Tls:?'. Valid in 'Broker:Tls' are ")]
    [InlineData(typeof(ConsumerOptions), null)]
    public void No_option_that_a_file_can_hold_is_forgotten(Type type, string? error)
    {
        var below = type == typeof(BrokerOptions) ? "" : type.Name.Replace("Options", ":", StringComparison.Ordinal);
        var keys = error is null
            ? ConsumerKeys.Table.ToHashSet()
            : Failure(below).Split(" are ")[1].TrimEnd('.').Split(", ").ToHashSet();

        var options = type.GetProperties().Where(property => property.CanWrite).Select(property => property.Name);

        Assert.Empty(options.Except(keys).Except(s_inCodeOnly));
        Assert.Equal(error is null || type != typeof(BrokerOptions) ? [] : ["Consumers", "FailFast", "StopHostWhenConsumerFails", "Uri"], keys.Except(options).Order());

        string Failure(string path)
        {
            var services = new ServiceCollection();
            services.AddBroker(new ConfigurationBuilder().AddInMemoryCollection([new($"Broker:{path}?", "1")]).Build().GetSection("Broker"));
            var failure = Assert.Single(Assert.Throws<OptionsValidationException>(() => Configured.Options(services)).Failures);
            Assert.StartsWith(error!, failure, StringComparison.Ordinal);
            return failure;
        }
    }

    [Fact]
    public void What_a_file_leaves_out_keeps_its_default()
    {
        var options = Configured.Options("""{ "Broker": { "ClientName": "billing", "Publisher": null, "Heartbeat": null } }""");

        Assert.Equal(new PublisherOptions { Filters = options.Publisher.Filters }, options.Publisher);
        Assert.Equal((new BrokerOptions().Heartbeat, "guest"), (options.Heartbeat, options.UserName));
        Assert.Empty(options.Endpoints);
    }

    [Fact]
    public void Keys_are_found_in_any_case()
    {
        Assert.Equal("billing", Configured.Options("""{ "broker": { "CLIENTNAME": "billing" } }""").ClientName);
    }

    [Fact]
    public void A_uri_comes_first_and_the_other_keys_upon_it()
    {
        var options = Configured.Options("""
            { "Broker": { "Password": "s3cret", "Uri": "amqps://ann:p@one,two:5673/orders?heartbeat=7", "Tls": { "ServerName": "three" } } }
            """);

        Assert.Equal([new("one"), new("two", 5673)], options.Endpoints);
        Assert.Equal(("ann", "s3cret", "orders", 7), (options.UserName, options.Password, options.VirtualHost, options.Heartbeat.TotalSeconds));
        Assert.Equal("three", options.Tls?.ServerName);
    }

    [Fact]
    public void A_section_that_is_one_value_is_a_uri()
    {
        var services = new ServiceCollection();
        services.AddBroker(Configured.Json("""{ "ConnectionStrings": { "broker": "amqp://one" } }""").GetSection("ConnectionStrings:broker"));

        Assert.Equal("one", Assert.Single(Configured.Options(services).Endpoints).Host);
    }

    [Fact]
    public void Code_that_comes_later_has_the_last_word()
    {
        var services = new ServiceCollection();
        services.AddBroker(Configured.Json("""{ "Broker": { "ClientName": "file", "UserName": "ann" } }""").GetSection("Broker"));
        services.AddBroker(options => options.ClientName += " and code");

        var options = Configured.Options(services);

        Assert.Equal(("file and code", "ann"), (options.ClientName, options.UserName));
    }

    [Fact]
    public void Each_key_has_its_own_section()
    {
        var services = new ServiceCollection();
        var configuration = Configured.Json("""{ "East": { "ClientName": "e" }, "West": { "ClientName": "w" }, "Plain": { "ClientName": "p" } }""");
        services.AddKeyedBroker("east", configuration.GetSection("East"));
        services.AddKeyedBroker("west", configuration.GetSection("West"));
        services.AddBroker(configuration.GetSection("Plain"));

        string[] names = ["east", "west", ""];
        Assert.Equal(["e", "w", "p"], names.Select(name => Configured.Options(services, name).ClientName));
    }

    [Fact]
    public async Task The_client_is_made_of_it()
    {
        var services = new ServiceCollection();
        services.AddBroker(Configured.Json("""{ "Broker": { "Heartbeat": "soon" } }""").GetSection("Broker"));
        await using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(provider.GetRequiredService<BrokerClient>);

        Assert.Contains("Broker:Heartbeat is 'soon'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_an_argument_error()
    {
        var services = new ServiceCollection();
        var section = Configured.Json("{}").GetSection("Broker");

        Assert.Throws<ArgumentNullException>(() => services.AddBroker((IConfigurationSection)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedBroker("k", (IConfigurationSection)null!));
        Assert.Throws<ArgumentNullException>(() => services.AddKeyedBroker(null!, section));
        Assert.Empty(services);
    }
}
