using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client;

/// <summary>Makes our errors of the driver's: what happened, to what, and what to do.</summary>
internal static class DriverErrors
{
    private const ushort AccessRefused = 403;
    private const ushort NotAllowed = 530;
    private static readonly string[] s_notThereNow =
        ["is down or inaccessible", "is stopped by supervisor", "has crashed", "due to timeout"];

    /// <summary>An attempt to connect failed.</summary>
    public static BrokerConnectionException Connecting(
        Exception error, Exception? tlsFailure, BrokerOptions options, BrokerEndpoint endpoint, string user)
    {
        var where = $"{endpoint.Host}:{endpoint.PortOr(options.Tls is not null)}";
        if (tlsFailure is AuthenticationException)
        {
            return new BrokerConnectionException(
                ConnectionFailure.TlsFailed,
                $"The TLS handshake with {where} failed: {Reason(tlsFailure)} Check that the port speaks TLS, "
                    + $"that its certificate names '{options.Tls?.ServerName ?? endpoint.Host}' and is in date, "
                    + "and that TlsOptions.CaFile holds its authority.",
                innerException: tlsFailure);
        }

        if (tlsFailure is CryptographicException or ArgumentException)
        {
            return new BrokerConnectionException(
                ConnectionFailure.TlsFailed,
                $"The client certificate or the authorities of TlsOptions could not be read: {Reason(tlsFailure)} "
                    + "Check CertFile, KeyFile, KeyPassword and CaFile.",
                innerException: tlsFailure);
        }

        if (tlsFailure is not null)
        {
            return new BrokerConnectionException(
                ConnectionFailure.Unreachable,
                $"{where} ended the TLS handshake: {Reason(tlsFailure)} "
                    + "Check that the port speaks TLS and whether it wants a client certificate.",
                innerException: tlsFailure);
        }

        foreach (var cause in Causes(error))
        {
            switch (cause)
            {
                // RabbitMQ says so when it refuses a login (authentication_failure_close); a mere end is an end.
                case PossibleAuthenticationFailureException
                {
                    InnerException: OperationInterruptedException { ShutdownReason.Initiator: ShutdownInitiator.Library },
                }:
                    return new BrokerConnectionException(
                        ConnectionFailure.Unreachable,
                        $"{where} broke the connection off within the login, without a word.{Hint(options)}",
                        innerException: error);
                case AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return new BrokerConnectionException(
                        ConnectionFailure.AuthenticationFailed,
                        options.Authentication == BrokerAuthentication.External
                            ? $"{where} refused the login by client certificate (EXTERNAL). Check that the broker has the "
                                + "plugin rabbitmq_auth_mechanism_ssl and EXTERNAL among its auth_mechanisms, and a user of the "
                                + "certificate's subject, or of its common name where ssl_cert_login_from is common_name."
                            : $"{where} refused the login of user '{user}'. Check user name and password, "
                                + "that the user may log in from this machine ('guest' may only from the broker's own), "
                                + "and the login mechanism.",
                        AccessRefused, innerException: error);
                case OperationInterruptedException { ShutdownReason: { } reason }
                    when reason.ReplyCode is NotAllowed or AccessRefused:
                    return Refused(reason.ReplyCode, reason.ReplyText, where, options.VirtualHost, user, error);
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted } reset:
                    return new BrokerConnectionException(
                        ConnectionFailure.Unreachable,
                        $"{where} broke the connection off while it was opened: {Reason(reset)}{Hint(options)}",
                        innerException: error);
                case SocketException socket:
                    return new BrokerConnectionException(
                        ConnectionFailure.Unreachable,
                        $"Cannot reach {where}: {socket.SocketErrorCode} ({Reason(socket)}) "
                            + "Check host and port, and that the broker is running.",
                        innerException: error);
            }
        }

        return error is TimeoutException or OperationCanceledException
            ? new BrokerConnectionException(
                ConnectionFailure.Unreachable,
                $"{where} did not complete the connection within {options.ConnectTimeout.TotalSeconds:0.#} s "
                    + "(BrokerOptions.ConnectTimeout).",
                innerException: error)
            : new BrokerConnectionException(
                ConnectionFailure.Unreachable,
                $"Cannot connect to {where}: {Reason(error)}{Hint(options)}",
                innerException: error);
    }

    // With TLS 1.3 the server's verdict on the client's certificate comes after the handshake: the connection ends, or is
    // reset when something of ours was still unread.
    private static string Hint(BrokerOptions options) =>
        options.Tls is null ? "" : " If the server asks for a client certificate, check that it was given one that it trusts.";

    /// <summary>The broker closed a connection that was opening, or an open one, for good reason.</summary>
    public static BrokerConnectionException Refused(
        ushort code, string text, string where, string virtualHost, string user, Exception? error)
    {
        if (code == NotAllowed && text.Contains("not found", StringComparison.OrdinalIgnoreCase))
        {
            return new BrokerConnectionException(
                ConnectionFailure.VirtualHostNotFound,
                $"{where} has no virtual host '{virtualHost}'. Create it (rabbitmqctl add_vhost) or name another one.",
                code, text, error);
        }

        return new BrokerConnectionException(
            ConnectionFailure.AccessRefused,
            $"{where} refused user '{user}' the virtual host '{virtualHost}': {text}. "
                + "Grant it (rabbitmqctl set_permissions) or use another user.",
            code, text, error);
    }

    /// <summary>A connection that was up has ended.</summary>
    public static BrokerConnectionException Lost(ShutdownEventArgs reason, string where)
    {
        var text = reason.ReplyText.TrimEnd('.');
        if (reason.Exception is { } error && !error.Message.StartsWith(text, StringComparison.Ordinal))
            text = $"{text}: {error.Message.TrimEnd('.')}";
        return new BrokerConnectionException(
            ConnectionFailure.Lost,
            $"The connection to {where} was lost ({reason.ReplyCode} {text}).",
            reason.ReplyCode, reason.ReplyText, reason.Exception);
    }

    /// <summary>The connection went while a request was under way: over this request, or over something else.</summary>
    public static BrokerException LostDuring(string doing, BrokerConnectionException lost, bool isAtFault) => isAtFault
        ? Refused(doing, lost.ReplyCode, lost.ReplyText ?? "", lost)
        : lost;

    /// <summary>An operation failed: by the broker's word on its channel, or because the channel or connection went.</summary>
    public static BrokerException Operation(Exception error, string doing)
    {
        switch (error)
        {
            case BrokerException ours:
                return ours;
            case OperationInterruptedException { ShutdownReason: { } reason } when IsChannelError(reason):
                return Refused(doing, reason.ReplyCode, reason.ReplyText, error);
            case TimeoutException or OperationCanceledException:
                return new BrokerConnectionException(
                    ConnectionFailure.Timeout, $"{doing} was not answered in time.", innerException: error);
            case OperationInterruptedException { ShutdownReason: { } reason }:
                return new BrokerConnectionException(
                    ConnectionFailure.Lost,
                    $"{doing} was interrupted: {reason.ReplyText}.",
                    reason.ReplyCode, reason.ReplyText, error);
            case ChannelAllocationException:
                return new BrokerConnectionException(
                    ConnectionFailure.Lost,
                    $"{doing} needs one more channel than the connection may have. "
                        + "Use fewer consumers on one client, or raise BrokerOptions.MaxChannels and the broker's channel_max.",
                    innerException: error);
            default:
                return new BrokerConnectionException(
                    ConnectionFailure.Lost, $"{doing} was interrupted: {Reason(error)}", innerException: error);
        }
    }

    /// <summary>
    /// Whether this is the state of a channel or connection that has gone, rather than a mistake
    /// of ours or the caller's.
    /// </summary>
    public static bool IsGone(Exception error) => error is
        OperationInterruptedException or ChannelClosedException or IOException or SocketException or ObjectDisposedException
        or OperationCanceledException or TimeoutException or BrokerException;

    // 404 no such queue or exchange, 403 not permitted, 405 locked, 406 another way declared; from the peer, on a channel.
    private static bool IsChannelError(ShutdownEventArgs reason) =>
        reason.ReplyCode is 311 or 312 or 313 or 403 or 404 or 405 or 406 or 503 or 530 or 540;

    private static TopologyException Refused(string doing, ushort code, string text, Exception error) =>
        new($"{doing} was refused: {text}.", isTransient: IsTrouble(code, text), code, text, error);

    // Brokers call a queue not found, too, whose node is down or which is being started; and end the connection (541) over
    // a quorum queue that has no majority.
    private static bool IsTrouble(ushort code, string text) =>
        code == 541 || (code == 404 && s_notThereNow.Any(words => text.Contains(words, StringComparison.Ordinal)));

    private static IEnumerable<Exception> Causes(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is AggregateException several)
            {
                foreach (var inner in several.InnerExceptions.SelectMany(Causes))
                    yield return inner;
                yield break;
            }

            yield return cause;
        }
    }

    private static string Reason(Exception error) => error.Message.TrimEnd('.', ' ') + ".";
}
