namespace Broker.Client.Tests.Connection;

public sealed class AmqpUriTests
{
    [Fact]
    public void A_scheme_alone_is_all_defaults()
    {
        var options = BrokerOptions.Parse("amqp://");

        Assert.Equal([new BrokerEndpoint("localhost")], options.Endpoints);
        Assert.Equal("/", options.VirtualHost);
        Assert.Equal("guest", options.UserName);
        Assert.Equal("guest", options.Password);
        Assert.Null(options.Tls);
    }

    [Fact]
    public void Every_part_of_a_full_uri_is_taken()
    {
        var options = BrokerOptions.Parse("amqp://ann:s3cret@rabbit.example:5673/orders?heartbeat=7&connection_name=billing");

        Assert.Equal([new BrokerEndpoint("rabbit.example", 5673)], options.Endpoints);
        Assert.Equal("ann", options.UserName);
        Assert.Equal("s3cret", options.Password);
        Assert.Equal("orders", options.VirtualHost);
        Assert.Equal(TimeSpan.FromSeconds(7), options.Heartbeat);
        Assert.Equal("billing", options.ClientName);
    }

    [Fact]
    public void A_uri_that_is_applied_sets_what_it_names_and_leaves_the_rest()
    {
        var options = new BrokerOptions
        {
            Endpoints = new[] { new BrokerEndpoint("before") }, UserName = "ann", Password = "s3cret", ClientName = "billing",
            Tls = new TlsOptions { ServerName = "kept" }, Heartbeat = TimeSpan.FromSeconds(3),
        };

        options.Apply("amqps://one,two:5673/orders?heartbeat=7");

        Assert.Equal([new BrokerEndpoint("one"), new BrokerEndpoint("two", 5673)], options.Endpoints);
        Assert.Equal(("ann", "s3cret", "billing", "orders"), (options.UserName, options.Password, options.ClientName, options.VirtualHost));
        Assert.Equal(("kept", TimeSpan.FromSeconds(7)), (options.Tls?.ServerName, options.Heartbeat));

        options.Apply("amqp://plain");

        Assert.Null(options.Tls);
        Assert.Equal("orders", options.VirtualHost);
    }

    [Theory]
    [InlineData("amqp://h", 5672)]
    [InlineData("AMQP://h", 5672)]
    [InlineData("amqps://h", 5671)]
    [InlineData("AmqpS://h", 5671)]
    [InlineData("amqps://h:5672", 5672)]
    public void The_port_follows_the_scheme_unless_it_is_given(string uri, int expected)
    {
        var options = BrokerOptions.Parse(uri);

        Assert.Equal(expected, options.Endpoints.Single().PortOr(options.Tls is not null));
    }

    [Theory]
    [InlineData("http://h", "begins with amqp:// or amqps://")]
    [InlineData("h", "begins with amqp:// or amqps://")]
    [InlineData("", "begins with amqp:// or amqps://")]
    [InlineData("://h", "begins with amqp:// or amqps://")]
    [InlineData("amqp:/h", "begins with amqp:// or amqps://")]
    public void Another_scheme_is_refused(string uri, string expected)
    {
        var error = Refused(uri);

        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://a%40b:c%3ad%2Fe@h", "a@b", "c:d/e")]
    [InlineData("amqp://a:b:c@h", "a", "b:c")]
    [InlineData("amqp://a:b@c@h", "a", "b@c")]
    [InlineData("amqp://a:b+c@h", "a", "b+c")]
    [InlineData("amqp://a:%25@h", "a", "%")]
    [InlineData("amqp://%C3%A9:%E2%82%AC@h", "é", "€")]
    [InlineData("amqp://a:@h", "a", "")]
    [InlineData("amqp://a:b,c@h", "a", "b,c")]
    public void User_and_password_are_percent_decoded(string uri, string user, string password)
    {
        var options = BrokerOptions.Parse(uri);

        Assert.Equal((user, password, "h"), (options.UserName, options.Password, options.Endpoints.Single().Host));
    }

    [Fact]
    public void A_user_without_a_password_is_refused()
    {
        Assert.Contains("a user without a password: write user:password@host", Refused("amqp://ann@h"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://h", "/")]
    [InlineData("amqp://h/", "/")]
    [InlineData("amqp://h/%2f", "/")]
    [InlineData("amqp://h/%2Fx", "/x")]
    [InlineData("amqp://h/a%20b", "a b")]
    [InlineData("amqp://h/a+b?heartbeat=1", "a+b")]
    [InlineData("amqp://h/?heartbeat=1", "/")]
    [InlineData("amqp://h?heartbeat=1", "/")]
    public void The_virtual_host_is_the_decoded_path_or_the_default(string uri, string expected)
    {
        Assert.Equal(expected, BrokerOptions.Parse(uri).VirtualHost);
    }

    [Theory]
    [InlineData("amqp://h//")]
    [InlineData("amqp://h/a/b")]
    [InlineData("amqp://h/a/")]
    public void A_path_of_several_segments_is_refused(string uri)
    {
        Assert.Contains("has a '/' in it: write it as %2f", Refused(uri), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_hosts_keep_their_order_and_ports()
    {
        var options = BrokerOptions.Parse("amqp://a:b@one,two:5673,[::1]:5674,[fe80::1%25eth0]/v");

        Assert.Equal(
            [new("one"), new("two", 5673), new("::1", 5674), new BrokerEndpoint("fe80::1%eth0")],
            options.Endpoints);
    }

    [Theory]
    [InlineData("amqp://::1")]
    [InlineData("amqp://::1:5672")]
    [InlineData("amqp://[::1")]
    [InlineData("amqp://[::1]x:5672")]
    public void An_IPv6_address_without_brackets_is_refused(string uri)
    {
        Assert.Contains("in brackets: [::1]", Refused(uri), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://h:0")]
    [InlineData("amqp://h:65536")]
    [InlineData("amqp://h:-1")]
    [InlineData("amqp://h:+5")]
    [InlineData("amqp://h:")]
    [InlineData("amqp://h: 5")]
    [InlineData("amqp://h:x")]
    [InlineData("amqp://h:99999999999")]
    [InlineData("amqp://one,h:x")]
    public void A_port_that_is_none_is_refused(string uri)
    {
        Assert.Contains("must be a number from 1 to 65535", Refused(uri), StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_of_a_port_are_allowed()
    {
        Assert.Equal([1, 65535], BrokerOptions.Parse("amqp://a:1,b:65535").Endpoints.Select(endpoint => endpoint.Port ?? 0));
    }

    [Fact]
    public void Every_option_reaches_its_property()
    {
        var options = BrokerOptions.Parse(
            "amqp://h?heartbeat=30&connection_attempts=3&retry_delay=1.5&socket_timeout=2.5&blocked_connection_timeout=60"
            + "&channel_max=100&frame_max=65536&connection_name=a%20b&auth_mechanism=plain");

        Assert.Equal(TimeSpan.FromSeconds(30), options.Heartbeat);
        Assert.Equal(3, options.ConnectAttempts);
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.ReconnectDelay);
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.ConnectTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), options.BlockedTimeout);
        Assert.Equal(100, options.MaxChannels);
        Assert.Equal(65536u, options.MaxFrameSize);
        Assert.Equal("a b", options.ClientName);
        Assert.Equal(BrokerAuthentication.Plain, options.Authentication);
    }

    [Fact]
    public void Every_TLS_option_reaches_its_property()
    {
        var tls = BrokerOptions.Parse(
            "amqps://h?cacertfile=ca.pem&certfile=c.pem&keyfile=k.pem&password=p%26w&server_name_indication=name&verify=verify_peer").Tls!;

        Assert.Equal(("ca.pem", "c.pem", "k.pem", "p&w", "name"), (tls.CaFile, tls.CertFile, tls.KeyFile, tls.KeyPassword, tls.ServerName));
    }

    [Fact]
    public void External_authentication_is_an_option()
    {
        Assert.Equal(BrokerAuthentication.External, BrokerOptions.Parse("amqps://h?auth_mechanism=external").Authentication);
    }

    [Theory]
    [InlineData("stack_timeout=15", 15_000)]
    [InlineData("connection_timeout=1500", 1_500)]
    public void The_timeout_of_an_attempt_has_other_names_too(string query, int milliseconds)
    {
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), BrokerOptions.Parse($"amqp://h?{query}").ConnectTimeout);
    }

    [Fact]
    public void A_long_retry_delay_lifts_the_maximum_above_it()
    {
        var options = BrokerOptions.Parse("amqp://h?retry_delay=20").Freeze();

        Assert.Equal(TimeSpan.FromSeconds(20), options.MaxReconnectDelay);
    }

    [Fact]
    public void A_short_retry_delay_leaves_the_maximum()
    {
        Assert.Equal(new BrokerOptions().MaxReconnectDelay, BrokerOptions.Parse("amqp://h?retry_delay=2").MaxReconnectDelay);
    }

    [Theory]
    [InlineData("heartbeat=0")]
    [InlineData("heartbeat=65535")]
    [InlineData("channel_max=4")]
    [InlineData("channel_max=65535")]
    [InlineData("frame_max=8192")]
    [InlineData("connection_attempts=1")]
    [InlineData("retry_delay=0.001")]
    public void A_value_at_its_limit_is_allowed_and_freezes(string query)
    {
        _ = BrokerOptions.Parse($"amqp://h?{query}").Freeze();
    }

    [Theory]
    [InlineData("heartbeat", "65536")]
    [InlineData("heartbeat", "-1")]
    [InlineData("heartbeat", "1.5")]
    [InlineData("heartbeat", "ten")]
    [InlineData("heartbeat", "")]
    [InlineData("connection_attempts", "0")]
    [InlineData("retry_delay", "0")]
    [InlineData("retry_delay", "-2")]
    [InlineData("retry_delay", "NaN")]
    [InlineData("retry_delay", "1,5")]
    [InlineData("retry_delay", "1e3")]
    [InlineData("socket_timeout", "0")]
    [InlineData("stack_timeout", "x")]
    [InlineData("connection_timeout", "0")]
    [InlineData("blocked_connection_timeout", "0")]
    [InlineData("channel_max", "3")]
    [InlineData("channel_max", "65536")]
    [InlineData("frame_max", "8191")]
    [InlineData("auth_mechanism", "AMQPLAIN")]
    public void A_bad_value_is_refused_with_the_name_of_its_option(string name, string value)
    {
        Assert.Contains($"The option {name} is '{value}'; it m", Refused($"amqp://h?{name}={value}"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_option_is_refused_with_all_that_are_valid()
    {
        var error = Refused("amqp://h?heartbeet=10");

        Assert.Contains("There is no option 'heartbeet'", error, StringComparison.Ordinal);
        Assert.EndsWith(
            "Valid are auth_mechanism, blocked_connection_timeout, cacertfile, certfile, channel_max, connection_attempts, connection_name, "
            + "connection_timeout, frame_max, heartbeat, keyfile, password, retry_delay, server_name_indication, socket_timeout, stack_timeout, verify.",
            error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Heartbeat=10", "There is no option 'Heartbeat'")]
    [InlineData("=10", "There is no option ''")]
    [InlineData("heartbeat=10&heartbeat=10", "The option heartbeat is given twice")]
    [InlineData("heartbeat=10&heart%62eat=11", "The option heartbeat is given twice")]
    [InlineData("heartbeat", "The option heartbeat has no value: write heartbeat=value")]
    public void A_misspelt_doubled_or_empty_option_is_refused(string query, string expected)
    {
        Assert.Contains(expected, Refused($"amqp://h?{query}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssl_options", "use cacertfile, certfile, keyfile and server_name_indication, or BrokerOptions.Tls")]
    [InlineData("client_properties", "use BrokerOptions.ClientProperties")]
    [InlineData("tcp_options", "keep-alive is always on")]
    [InlineData("locale", "one locale only")]
    [InlineData("backpressure_detection", "see BrokerClient.State")]
    public void An_option_that_pika_has_and_we_have_not_names_its_replacement(string name, string expected)
    {
        var error = Refused($"amqps://h?{name}={{'a':1}}");

        Assert.Contains($"The option {name} is not taken from a URI", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cacertfile=x")]
    [InlineData("certfile=x")]
    [InlineData("keyfile=x")]
    [InlineData("password=x")]
    [InlineData("server_name_indication=x")]
    [InlineData("verify=verify_peer")]
    public void A_TLS_option_needs_amqps(string query)
    {
        var error = Refused($"amqp://h?{query}");

        Assert.Contains($"The option {query.Split('=')[0]} is about TLS: the URI must begin with amqps://", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify_none")]
    [InlineData("VERIFY_PEER")]
    [InlineData("")]
    public void Certificates_cannot_be_left_unchecked(string value)
    {
        Assert.Contains("certificates are always checked", Refused($"amqps://h?verify={value}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://h#x")]
    [InlineData("amqp://h/v#x")]
    [InlineData("amqp://h/v?heartbeat=1#x")]
    [InlineData("amqp://a:b#c@h")]
    public void A_fragment_is_refused(string uri)
    {
        Assert.Contains("has no fragment: write a '#' in a name or password as %23", Refused(uri), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://a:b%@h", "The password")]
    [InlineData("amqp://a:b%2@h", "The password")]
    [InlineData("amqp://a:b%zz@h", "The password")]
    [InlineData("amqp://a%:b@h", "The user name")]
    [InlineData("amqp://h/v%2", "The virtual host")]
    [InlineData("amqp://h%g1", "The host")]
    [InlineData("amqp://h?heart%=1", "An option's name")]
    [InlineData("amqps://h?cacertfile=%", "The option cacertfile")]
    public void A_percent_sign_without_two_digits_is_refused_where_it_is(string uri, string what)
    {
        Assert.Contains($"{what} has a '%' that is not followed by two hexadecimal digits", Refused(uri), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://ann:TopSecret@h")]
    [InlineData("ann:TopSecret@h")]
    [InlineData("amqp://ann:TopSecret%@h")]
    [InlineData("amqp://ann:TopSecret%zz@h")]
    [InlineData("amqp://ann:TopSecret@h:x")]
    [InlineData("amqp://ann:TopSecret@::1")]
    [InlineData("amqp://ann:TopSecret@h/a/b")]
    [InlineData("amqp://ann:TopSecret@h?nonsense=1")]
    [InlineData("amqp://ann:TopSecret@h?heartbeat=x")]
    [InlineData("amqp://ann:TopSecret#x@h")]
    [InlineData("amqps://h?password=TopSecret%")]
    [InlineData("amqps://h?password=TopSecret&password=TopSecret")]
    [InlineData("amqp://h?password=TopSecret")]
    public void No_error_shows_the_password(string uri)
    {
        Assert.DoesNotContain("TopSecret", Refused(uri), StringComparison.Ordinal);
    }

    [Fact]
    public void No_uri_is_an_argument_error()
    {
        Assert.Throws<ArgumentNullException>(() => BrokerOptions.Parse(null!));
    }

    private static string Refused(string uri) => Assert.Throws<FormatException>(() => BrokerOptions.Parse(uri)).Message;
}
