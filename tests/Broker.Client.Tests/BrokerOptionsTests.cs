using System.Reflection;

namespace Broker.Client.Tests;

public sealed class BrokerOptionsTests
{
    [Fact]
    public void The_defaults_freeze()
    {
        var frozen = new BrokerOptions().Freeze();

        Assert.Equal([new BrokerEndpoint("localhost")], frozen.Endpoints);
        Assert.Equal(TimeSpan.FromSeconds(10), frozen.Heartbeat);
        Assert.Equal(TimeSpan.FromSeconds(0.2), frozen.ReconnectDelay);
        Assert.Equal(TimeSpan.FromSeconds(12), frozen.MaxReconnectDelay);
        Assert.Equal(TimeSpan.FromSeconds(30), frozen.Publisher.Deadline);
        Assert.Equal((TimeSpan.FromSeconds(30), 4096), (frozen.Caller.Timeout, frozen.Caller.Window));
    }

    [Fact]
    public void A_frozen_copy_does_not_follow_its_original()
    {
        var options = new BrokerOptions
        {
            Endpoints = { new("one") },
            ClientProperties = { ["a"] = 1 },
            Tls = new TlsOptions { ServerName = "before" },
            Publisher = { Channels = 2 },
            Caller = { Window = 2 },
            UserName = "before",
        };

        var frozen = options.Freeze();
        options.Endpoints.Add(new("two"));
        options.ClientProperties["b"] = 2;
        options.Tls.ServerName = "after";
        options.Publisher.Channels = 3;
        options.Caller.Window = 3;
        options.UserName = "after";

        Assert.Equal([new BrokerEndpoint("one")], frozen.Endpoints);
        Assert.Equal(["a"], frozen.ClientProperties.Keys);
        Assert.Equal("before", frozen.Tls!.ServerName);
        Assert.Equal(2, frozen.Publisher.Channels);
        Assert.Equal(2, frozen.Caller.Window);
        Assert.Equal("before", frozen.UserName);
    }

    [Fact]
    public void Freezing_leaves_the_original_as_it_was()
    {
        var options = new BrokerOptions();

        _ = options.Freeze();

        Assert.Empty(options.Endpoints);
    }

    [Fact]
    public void Every_property_survives_the_freezing()
    {
        var options = new BrokerOptions
        {
            Endpoints = { new("one", 1) },
            VirtualHost = "v",
            UserName = "u",
            Password = "p",
            CredentialsProvider = _ => default,
            Authentication = BrokerAuthentication.Plain,
            ClientName = "c",
            Heartbeat = TimeSpan.FromSeconds(3),
            ConnectTimeout = TimeSpan.FromSeconds(4),
            ConnectDeadline = TimeSpan.FromSeconds(5),
            ConnectAttempts = 6,
            ReconnectDelay = TimeSpan.FromSeconds(7),
            MaxReconnectDelay = TimeSpan.FromSeconds(8),
            BlockedTimeout = TimeSpan.FromSeconds(9),
            OperationTimeout = TimeSpan.FromSeconds(10),
            MaxChannels = 11,
            MaxFrameSize = 8193,
            MaxInboundMessageBytes = 4096,
            LoggerFactory = Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
        };

        var frozen = options.Freeze();

        foreach (var property in typeof(BrokerOptions).GetProperties().Where(property => property.Name != nameof(BrokerOptions.Tls)))
            Assert.Equivalent(property.GetValue(options), property.GetValue(frozen), strict: true);
    }

    public static TheoryData<string, Action<BrokerOptions>> Impossible => new()
    {
        { "BrokerOptions.Endpoints", options => options.Endpoints.Add(new("")) },
        { "BrokerOptions.Endpoints", options => options.Endpoints.Add(new("  ")) },
        { "port of endpoint 'h'", options => options.Endpoints.Add(new("h", 0)) },
        { "port of endpoint 'h'", options => options.Endpoints.Add(new("h", 65536)) },
        { "VirtualHost", options => options.VirtualHost = "" },
        { "VirtualHost", options => options.VirtualHost = null! },
        { "VirtualHost", options => options.VirtualHost = new('v', 256) },
        { "UserName", options => options.UserName = null! },
        { "Password", options => options.Password = null! },
        { "TimeProvider", options => options.TimeProvider = null! },
        { "Publisher", options => options.Publisher = null! },
        { "Caller", options => options.Caller = null! },
        { "CallerOptions.Timeout", options => options.Caller.Timeout = TimeSpan.Zero },
        { "CallerOptions.Window", options => options.Caller.Window = 0 },
        { "CallerOptions.Window", options => options.Caller.Window = 65_537 },
        { "BrokerOptions.Heartbeat", options => options.Heartbeat = TimeSpan.FromSeconds(0.5) },
        { "BrokerOptions.Heartbeat", options => options.Heartbeat = TimeSpan.FromSeconds(-1) },
        { "BrokerOptions.Heartbeat", options => options.Heartbeat = TimeSpan.FromSeconds(65536) },
        { "BrokerOptions.ConnectTimeout", options => options.ConnectTimeout = TimeSpan.Zero },
        { "BrokerOptions.ConnectTimeout", options => options.ConnectTimeout = Timeout.InfiniteTimeSpan },
        { "BrokerOptions.ConnectDeadline", options => options.ConnectDeadline = TimeSpan.Zero },
        { "BrokerOptions.ConnectDeadline", options => options.ConnectDeadline = TimeSpan.FromDays(50) },
        { "BrokerOptions.ConnectAttempts", options => options.ConnectAttempts = 0 },
        { "BrokerOptions.ReconnectDelay", options => options.ReconnectDelay = TimeSpan.Zero },
        { "BrokerOptions.MaxReconnectDelay", options => options.MaxReconnectDelay = TimeSpan.Zero },
        { "BrokerOptions.MaxReconnectDelay", options => options.ReconnectDelay = TimeSpan.FromSeconds(13) },
        { "BrokerOptions.BlockedTimeout", options => options.BlockedTimeout = TimeSpan.FromTicks(-1) },
        { "BrokerOptions.OperationTimeout", options => options.OperationTimeout = TimeSpan.Zero },
        { "BrokerOptions.MaxChannels", options => options.MaxChannels = 3 },
        { "BrokerOptions.MaxFrameSize", options => options.MaxFrameSize = 8191 },
        { "BrokerOptions.MaxInboundMessageBytes", options => options.MaxInboundMessageBytes = 1023 },
        { "set BrokerOptions.Tls", options => options.Authentication = BrokerAuthentication.External },
        { "BrokerOptions.ClientName", options => options.ClientName = new('c', 3001) },
        { "PublisherOptions.Deadline", options => options.Publisher.Deadline = TimeSpan.Zero },
        { "PublisherOptions.WindowMessages", options => options.Publisher.WindowMessages = 0 },
        { "PublisherOptions.WindowMessages", options => options.Publisher.WindowMessages = 1_000_001 },
        { "PublisherOptions.WindowBytes", options => options.Publisher.WindowBytes = 0 },
        { "PublisherOptions.Channels", options => options.Publisher.Channels = 0 },
        { "PublisherOptions.Channels", options => options.Publisher.Channels = 33 },
        { "PublisherOptions.MaxMessageBytes", options => options.Publisher.MaxMessageBytes = 0 },
        { "PublisherOptions.MaxMessageBytes", options => options.Publisher.MaxMessageBytes = (512 * 1024 * 1024) + 1 },
        { "TlsOptions.KeyFile", options => options.Tls = new TlsOptions { KeyFile = "k" } },
        { "TlsOptions.CaFile: there is no file 'nowhere.pem'", options => options.Tls = new TlsOptions { CaFile = "nowhere.pem" } },
        { "TlsOptions.CertFile: there is no file 'nowhere.pem'", options => options.Tls = new TlsOptions { CertFile = "nowhere.pem" } },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void A_value_that_cannot_work_is_refused_by_name(string expected, Action<BrokerOptions> change)
    {
        var options = new BrokerOptions();
        change(options);

        var error = Assert.ThrowsAny<ArgumentException>(options.Freeze);

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_at_their_limits_are_allowed()
    {
        var options = new BrokerOptions
        {
            Endpoints = { new("a", 1), new("b", 65535) },
            VirtualHost = new('v', 255),
            Heartbeat = TimeSpan.Zero,
            ReconnectDelay = TimeSpan.FromSeconds(12),
            MaxFrameSize = 8192,
            MaxChannels = 4,
            ClientName = new('c', 3000),
        };

        _ = options.Freeze();
    }

    [Fact]
    public void A_client_refuses_options_that_cannot_work()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BrokerClient(new BrokerOptions { MaxChannels = 1 }));
    }

    [Fact]
    public void The_text_shows_where_to_and_no_secret()
    {
        var options = new BrokerOptions
        {
            Endpoints = { new("rabbit.example", 5673) },
            UserName = "ann",
            Password = "TopSecret",
            Tls = new TlsOptions { CertFile = "client.pem", KeyPassword = "TopSecret" },
            ClientProperties = { ["token"] = "TopSecret" },
        };

        var text = options.ToString();

        Assert.Contains("rabbit.example:5673", text, StringComparison.Ordinal);
        Assert.Contains("ann", text, StringComparison.Ordinal);
        Assert.Contains("client.pem", text, StringComparison.Ordinal);
        Assert.DoesNotContain("TopSecret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_credentials_shows_the_user_and_their_end_and_no_secret()
    {
        var until = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        Assert.Equal("BrokerCredentials { UserName = ann }", new BrokerCredentials("ann", "TopSecret").ToString());
        Assert.Equal(
            "BrokerCredentials { UserName = ann, ValidUntil = 2026-01-02T03:04:05.0000000+00:00 }",
            new BrokerCredentials("ann", "TopSecret", until).ToString());
    }

    [Theory]
    [InlineData("h", null, "h")]
    [InlineData("h", 5673, "h:5673")]
    public void The_text_of_an_endpoint_is_host_and_port(string host, int? port, string expected)
    {
        Assert.Equal(expected, new BrokerEndpoint(host, port).ToString());
    }

    [Fact]
    public void Every_options_record_is_sealed_and_its_properties_can_be_set()
    {
        var records = typeof(BrokerOptions).Assembly.GetExportedTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(records);
        Assert.All(records, type => Assert.True(type.IsSealed, type.Name));
        Assert.All(
            records.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)),
            property => Assert.True(property.CanWrite, $"{property.DeclaringType!.Name}.{property.Name}"));
    }
}
