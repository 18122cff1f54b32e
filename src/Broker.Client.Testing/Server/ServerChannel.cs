using System.Collections.Concurrent;
using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>A channel of a connection: its methods and contents, run one after the other by the connection's reader.
/// Deliveries come from any thread, under the virtual host's lock.</summary>
internal sealed partial class ServerChannel : IConsumer
{
    private readonly ServerConnection _connection;
    private readonly Outbox _outbox;
    private readonly VirtualHost _host;
    private readonly Unacked _unacked;
    private readonly ConcurrentDictionary<string, Subscription> _consumers = new();
    private readonly ContentAssembly _content;
    private readonly Permit _permit;
    private volatile bool _closing;
    private volatile bool _deaf;

    public ServerChannel(ServerConnection connection, ushort number)
    {
        _connection = connection;
        _outbox = connection.Outbox;
        _host = connection.Site.Host;
        _unacked = _host.OpenChannel(connection);
        _unacked.TimedOut = EndOverdue;
        _content = new(connection.Context.Limits);
        _permit = new(connection.Context.Users, connection.Client.User, _host.Name, _host.Profile);
        _plan = connection.Context.Plan;
        Number = number;
    }

    public ushort Number { get; }

    public Unacked Unacked => _unacked;

    public void Handle(Frame frame)
    {
        if (_closing)
        {
            Ignore(frame);
            return;
        }

        if (_deaf) return;

        try
        {
            if (frame.Type != FrameType.Method)
            {
                _connection.Current = _content.Method;
                if (_content.Add(frame)) Publish(_content.Take());
                return;
            }

            _connection.Current = _content.Method;
            _content.ExpectNone();
            var method = Method.Read(frame.Payload.Span);
            _connection.Current = method;
            if (_plan.Methods.IsEmpty) Run(method);
            else Meet(method);
        }
        catch (BrokerError error) when (!error.IsConnectionError)
        {
            Close(error, _connection.Current);
        }
    }

    /// <summary>The client takes what it gets again.</summary>
    public void Resume() => _unacked.SetActive(true);

    /// <summary>What it held goes back, its consumers end.</summary>
    public void End()
    {
        _closing = true;
        if (_reply is not null) _connection.Site.Replies.Remove(_reply);
        _reply = null;
        _host.CloseChannel(_unacked);
        _consumers.Clear();
    }

    public void Started(string tag)
    {
        if (!_startsQuietly) Reply(new BasicConsumeOk(tag));
    }

    public void Deliver(in Delivery delivery)
    {
        // A reply may have found its consumer just before that went; nothing may follow the channel's end.
        if (_closing) return;
        var fault = _plan.Deliveries.IsEmpty ? null : Foresee(delivery);
        try
        {
            _outbox.Send(Number,
                new BasicDeliver(delivery.ConsumerTag, delivery.Tag, delivery.IsRedelivered, delivery.Exchange,
                    delivery.RoutingKey),
                delivery.Properties, delivery.Body.Span);
        }
        catch (ArgumentException error)
        {
            // It must not become the trouble of who published, or whose ack made room for it.
            _unacked.Suspend();
            _connection.Later(() => _connection.Close(541, $"INTERNAL_ERROR - {error.Message}"));
            return;
        }

        fault?.Invoke();
        // The bodies of a queue must not all gather here because the client is slow.
        if (!_outbox.HasRoom) _unacked.SetActive(false);
    }

    public void Cancelled(string tag)
    {
        _consumers.TryRemove(tag, out _);
        if (_connection.Client.WantsCancel) Reply(new BasicCancel(tag, NoWait: true));
    }

    public bool TimedOut(string tag)
    {
        if (!_connection.Client.WantsCancel) return false;
        Reply(new BasicCancel(tag, NoWait: true));
        return true;
    }

    // From the clock's thread.
    private void EndOverdue(TimeSpan limit) => _connection.Between(() => Close(406,
        $"PRECONDITION_FAILED - delivery acknowledgement on channel {Number} timed out. Timeout value used: "
        + $"{(long)limit.TotalMilliseconds} ms. This timeout value can be configured, see consumers doc guide to learn more"));

    private void Run(Method method)
    {
        switch (method)
        {
            case ChannelOpen:
                throw new BrokerError(504, "CHANNEL_ERROR - second 'channel.open' seen", isConnectionError: true);
            case ChannelClose:
                SendConfirms();
                End();
                _connection.Remove(this);
                Reply(new ChannelCloseOk());
                break;
            case ChannelFlow { Active: true }:
                Reply(new ChannelFlowOk(Active: true));
                break;
            case ChannelFlow:
                throw BrokerError.NotImplemented("active=false");
            case AccessRequest:
                Reply(new AccessRequestOk(Ticket: 1));
                break;
            case TxSelect or TxCommit or TxRollback:
                throw BrokerError.NotImplemented($"{method.Name} is not supported by this test broker");
            default:
                if (!RunTopology(method) && !RunBasic(method))
                {
                    throw new BrokerError(503, "COMMAND_INVALID - unimplemented method",
                        isConnectionError: true);
                }

                break;
        }
    }

    private void Guard(Action action)
    {
        if (_closing) return;
        try
        {
            action();
        }
        catch (BrokerError error) when (!error.IsConnectionError)
        {
            Close(error, _connection.Current);
        }
    }

    private void Close(BrokerError error, Method? cause)
    {
        SendConfirms();
        // Before nothing goes out any more: what dies on its way back may come to a consumer here.
        _host.CloseChannel(_unacked);
        End();
        Reply(new ChannelClose(error.Code, error.Text, cause?.ClassId ?? 0, cause?.MethodId ?? 0));
    }

    // Whatever was under way when the channel was closed; only the answer counts.
    private void Ignore(Frame frame)
    {
        if (frame.Type != FrameType.Method) return;
        switch (MethodTable.NameOf(frame.Payload.Span))
        {
            case "channel.close-ok":
                _connection.Remove(this);
                break;
            case "channel.close":
                Reply(new ChannelCloseOk());
                break;
        }
    }

    private void Reply(Method method) => _outbox.Send(Number, method);

    private void Reply(bool noWait, Method method)
    {
        if (!noWait) Reply(method);
    }

    private static IReadOnlyDictionary<string, object?> Arguments(IReadOnlyDictionary<string, object?>? arguments) =>
        arguments ?? ReadOnlyDictionary<string, object?>.Empty;
}
