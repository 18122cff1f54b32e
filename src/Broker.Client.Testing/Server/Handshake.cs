using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>From the protocol header to connection.open-ok.</summary>
internal sealed class Handshake(ServerConnection connection, FrameReader frames)
{
    private readonly Outbox _outbox = connection.Outbox;

    /// <summary>False where the client was refused or went away.</summary>
    public async Task<bool> RunAsync()
    {
        var header = await frames.ReadProtocolHeaderAsync(connection.Stopped).ConfigureAwait(false);
        if (!header.Span.SequenceEqual(FrameWriter.ProtocolHeader))
        {
            if (header.Length > 0) _outbox.SendProtocolHeader();
            return false;
        }

        _outbox.Send(0, new ConnectionStart(
            0, 9, ServerProperties.Of(connection.Context.Profile), connection.Context.Sasl.Mechanisms, "en_US"));
        if (await ExpectAsync<ConnectionStartOk>().ConfigureAwait(false) is not { } client) return false;
        if (!LogIn(client)) return false;

        _outbox.Send(0, Tuning.Offer);
        if (await ExpectAsync<ConnectionTuneOk>().ConfigureAwait(false) is not { } tuned) return false;
        // RabbitMQ logs why and says nothing to the client.
        if (!Tuning.Accepts(tuned, connection.Context.Profile)) return false;
        frames.FrameMax = _outbox.FrameMax = (int)tuned.FrameMax;
        (connection.ChannelMax, connection.Heartbeat) = (tuned.ChannelMax, tuned.Heartbeat);

        if (await ExpectAsync<ConnectionOpen>().ConfigureAwait(false) is not { } open) return false;
        if (connection.Context.Hosts.Find(open.VirtualHost) is not { } site)
            throw BrokerError.NotAllowed($"vhost {open.VirtualHost} not found");
        if (connection.Context.Users.Of(connection.Client.User, open.VirtualHost) is null)
        {
            throw BrokerError.NotAllowed(
                $"access to vhost '{open.VirtualHost}' refused for user '{connection.Client.User}'");
        }

        connection.Enter(site);
        _outbox.Send(0, new ConnectionOpenOk());
        return true;
    }

    private bool LogIn(ConnectionStartOk client)
    {
        var context = connection.Context;
        if (!context.Sasl.Offers(client.Mechanism)) return false;
        if (context.Sasl.Login(client.Mechanism, client.Response) is { } login
            && !context.Plan.RefusesLogin(connection.Number))
        {
            connection.Login.Begin(login);
            connection.Client = new(login.User, client.ClientProperties ?? ReadOnlyDictionary<string, object?>.Empty,
                client.Announces("consumer_cancel_notify"), client.Announces("connection.blocked"));
            return true;
        }

        // Who did not announce it would take the close for a breach of the protocol: it sees the end of the stream.
        if (!client.Announces("authentication_failure_close")) return false;
        throw new BrokerError(403, "ACCESS_REFUSED - Login was refused using authentication mechanism "
            + $"{client.Mechanism}. For details see the broker logfile.", isConnectionError: true);
    }

    private async Task<T?> ExpectAsync<T>() where T : Method
    {
        while (await frames.ReadAsync(connection.Stopped).ConfigureAwait(false) is { } frame)
        {
            if (frame.Type == FrameType.Heartbeat) continue;
            var method = frame is { Type: FrameType.Method, Channel: 0 } ? Method.Read(frame.Payload.Span) : null;
            connection.Current = method;
            if (method is T expected) return expected;
            if (method is ConnectionClose)
            {
                _outbox.Send(0, new ConnectionCloseOk());
                return null;
            }

            throw new BrokerError(503, $"COMMAND_INVALID - {method?.Name ?? "a frame"} where {typeof(T).Name} belongs",
                isConnectionError: true);
        }

        return null;
    }
}
