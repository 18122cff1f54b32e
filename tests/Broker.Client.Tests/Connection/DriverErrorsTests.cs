using System.Net.Sockets;
using System.Security.Authentication;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Tests.Connection;

public sealed class DriverErrorsTests
{
    private static readonly BrokerOptions s_options = new() { VirtualHost = "orders", ConnectTimeout = TimeSpan.FromSeconds(2.5) };
    private static readonly BrokerEndpoint s_endpoint = new("rabbit.example");

    [Fact]
    public void A_refused_login_names_the_user_and_is_final()
    {
        var error = Connecting(new BrokerUnreachableException(new AuthenticationFailureException("ACCESS_REFUSED")));

        Assert.Equal(ConnectionFailure.AuthenticationFailed, error.Reason);
        Assert.Equal(403, error.ReplyCode);
        Assert.False(error.IsTransient);
        Assert.StartsWith("rabbit.example:5672 refused the login of user 'ann'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_login_by_certificate_names_no_user_and_says_what_the_broker_needs()
    {
        var options = new BrokerOptions { Authentication = BrokerAuthentication.External };

        var error = DriverErrors.Connecting(new AuthenticationFailureException("ACCESS_REFUSED"), tlsFailure: null, options, s_endpoint, "guest");

        Assert.Equal(ConnectionFailure.AuthenticationFailed, error.Reason);
        Assert.StartsWith("rabbit.example:5672 refused the login by client certificate (EXTERNAL).", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("guest", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_hangs_up_at_the_login_has_refused_it_too()
    {
        var error = Connecting(new BrokerUnreachableException(new AggregateException(new IOException(), new PossibleAuthenticationFailureException("closed", new IOException()))));

        Assert.Equal(ConnectionFailure.AuthenticationFailed, error.Reason);
    }

    [Fact]
    public void A_socket_error_names_host_port_and_error_and_may_pass()
    {
        var error = Connecting(new BrokerUnreachableException(new AggregateException(new SocketException((int)SocketError.ConnectionRefused))));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.True(error.IsTransient);
        Assert.StartsWith("Cannot reach rabbit.example:5672: ConnectionRefused", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.ConnectionAborted)]
    public void A_connection_that_breaks_while_it_opens_was_reached(SocketError code)
    {
        var error = Connecting(new BrokerUnreachableException(new AggregateException(new SocketException((int)code))));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.True(error.IsTransient);
        Assert.StartsWith("rabbit.example:5672 broke the connection off while it was opened: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_virtual_host_that_is_missing_is_named()
    {
        var error = Connecting(Interrupted(530, "NOT_ALLOWED - vhost orders not found"));

        Assert.Equal(ConnectionFailure.VirtualHostNotFound, error.Reason);
        Assert.Equal("rabbit.example:5672 has no virtual host 'orders'. Create it (rabbitmqctl add_vhost) or name another one.", error.Message);
        Assert.Equal(530, error.ReplyCode);
        Assert.False(error.IsTransient);
    }

    [Theory]
    [InlineData(530, "NOT_ALLOWED - access to vhost 'orders' refused for user 'ann'")]
    [InlineData(403, "ACCESS_REFUSED - no")]
    public void Access_that_is_refused_names_user_and_virtual_host(ushort code, string text)
    {
        var error = Connecting(Interrupted(code, text));

        Assert.Equal(ConnectionFailure.AccessRefused, error.Reason);
        Assert.Contains("refused user 'ann' the virtual host 'orders'", error.Message, StringComparison.Ordinal);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public void A_certificate_that_does_not_pass_wins_over_what_the_driver_makes_of_it()
    {
        var failure = new AuthenticationException("RemoteCertificateNameMismatch");

        var error = DriverErrors.Connecting(
            new BrokerUnreachableException(new IOException()), failure, s_options with { Tls = new TlsOptions { ServerName = "other.example" } }, s_endpoint, "ann");

        Assert.Equal(ConnectionFailure.TlsFailed, error.Reason);
        Assert.False(error.IsTransient);
        Assert.Contains("rabbit.example:5671 failed: RemoteCertificateNameMismatch.", error.Message, StringComparison.Ordinal);
        Assert.Contains("certificate names 'other.example'", error.Message, StringComparison.Ordinal);
        Assert.Same(failure, error.InnerException);
    }

    [Fact]
    public void A_peer_that_hangs_up_in_the_TLS_handshake_may_come_back()
    {
        var error = DriverErrors.Connecting(new BrokerUnreachableException(new IOException()), new IOException("reset"), s_options with { Tls = new TlsOptions() }, s_endpoint, "ann");

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.StartsWith("rabbit.example:5671 ended the TLS handshake: reset.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attempt_that_takes_too_long_names_the_option()
    {
        var error = Connecting(new TimeoutException());

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Equal("rabbit.example:5672 did not complete the connection within 2.5 s (BrokerOptions.ConnectTimeout).", error.Message);
    }

    [Fact]
    public void What_is_not_known_is_still_of_our_family()
    {
        var error = Connecting(new InvalidDataException("Nonsense"));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Equal("Cannot connect to rabbit.example:5672: Nonsense.", error.Message);
    }

    [Fact]
    public void A_lost_connection_carries_the_brokers_words()
    {
        var error = DriverErrors.Lost(new ShutdownEventArgs(ShutdownInitiator.Peer, 320, "CONNECTION_FORCED - shutdown"), "h:5672");

        Assert.Equal(ConnectionFailure.Lost, error.Reason);
        Assert.True(error.IsTransient);
        Assert.Equal((320, "CONNECTION_FORCED - shutdown"), (error.ReplyCode, error.ReplyText));
        Assert.Equal("The connection to h:5672 was lost (320 CONNECTION_FORCED - shutdown).", error.Message);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(406)]
    [InlineData(503)]
    [InlineData(540)]
    public void What_the_broker_refuses_on_a_channel_is_about_the_topology(ushort code)
    {
        var error = Assert.IsType<TopologyException>(DriverErrors.Operation(Interrupted(code, "NO"), "Declaring queue 'q'"));

        Assert.StartsWith("Declaring queue 'q' was refused: NO", error.Message, StringComparison.Ordinal);
        Assert.Equal((code, "NO", false), (error.ReplyCode, error.ReplyText, error.IsTransient));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(320)]
    [InlineData(541)]
    public void An_end_of_another_kind_is_a_lost_connection(ushort code)
    {
        var error = Assert.IsType<BrokerConnectionException>(DriverErrors.Operation(Interrupted(code, "GONE"), "Declaring queue 'q'"));

        Assert.Equal((ConnectionFailure.Lost, code, true), (error.Reason, error.ReplyCode, error.IsTransient));
        Assert.StartsWith("Declaring queue 'q' was interrupted: GONE", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, ConnectionFailure> Ends => new()
    {
        { new TimeoutException(), ConnectionFailure.Timeout },
        { new OperationCanceledException(), ConnectionFailure.Timeout },
        { new IOException("broken pipe"), ConnectionFailure.Lost },
        { new ObjectDisposedException("socket"), ConnectionFailure.Lost },
        { new SocketException(), ConnectionFailure.Lost },
        { new ChannelAllocationException(), ConnectionFailure.Lost },
    };

    [Theory]
    [MemberData(nameof(Ends), DisableDiscoveryEnumeration = true)]
    public void No_end_of_a_request_escapes_raw(Exception raw, ConnectionFailure expected)
    {
        var error = Assert.IsType<BrokerConnectionException>(DriverErrors.Operation(raw, "Looking up queue 'q'"));

        Assert.Equal(expected, error.Reason);
        Assert.StartsWith("Looking up queue 'q'", error.Message, StringComparison.Ordinal);
        Assert.Same(raw, error.InnerException);
    }

    [Fact]
    public void An_error_of_ours_passes_as_it_is()
    {
        var ours = new TopologyException("ours", isTransient: false, 404, null);

        Assert.Same(ours, DriverErrors.Operation(ours, "Looking up queue 'q'"));
    }

    [Fact]
    public void A_lack_of_channels_says_what_to_raise()
    {
        Assert.Contains("BrokerOptions.MaxChannels", DriverErrors.Operation(new ChannelAllocationException(), "Consuming").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_that_cost_the_connection_is_refused_and_one_that_did_not_may_be_made_again()
    {
        var lost = new BrokerConnectionException(ConnectionFailure.Lost, "lost", 503, "COMMAND_INVALID - unknown exchange type");

        var guilty = DriverErrors.LostDuring("Declaring exchange 'x'", lost, isAtFault: true);
        var innocent = DriverErrors.LostDuring("Declaring exchange 'x'", lost, isAtFault: false);

        Assert.StartsWith("Declaring exchange 'x' was refused: COMMAND_INVALID - unknown exchange type", Assert.IsType<TopologyException>(guilty).Message, StringComparison.Ordinal);
        Assert.False(guilty.IsTransient);
        Assert.Same(lost, innocent);
    }

    [Fact]
    public void A_mistake_of_the_caller_is_not_taken_for_a_gone_channel()
    {
        Assert.False(DriverErrors.IsGone(new WireFormattingException("no such type")));
        Assert.False(DriverErrors.IsGone(new ArgumentException("wrong")));
        Assert.True(DriverErrors.IsGone(new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "end"))));
    }

    private static BrokerConnectionException Connecting(Exception error) => DriverErrors.Connecting(error, tlsFailure: null, s_options, s_endpoint, "ann");

    private static OperationInterruptedException Interrupted(ushort code, string text) => new(new ShutdownEventArgs(ShutdownInitiator.Peer, code, text));
}
