namespace Broker.Client.Testing;

// Publishing, returns and confirms.
internal sealed partial class ServerChannel
{
    // A fault that withholds confirms is lifted from any thread; all else here is the reader's.
    private readonly Lock _confirming = new();
    private readonly HashSet<ulong> _withheld = [];
    private bool _confirms;
    private ulong _published;
    private ulong _confirmed;

    /// <summary>One ack for all publishes that are due.</summary>
    public void SendConfirms()
    {
        if (!_confirms) return;
        lock (_confirming)
        {
            if (_confirmed == _published) return;
            if (_withheld.Count == 0)
            {
                Reply(new BasicAck(_published, Multiple: _published - _confirmed > 1));
            }
            else
            {
                // An ack of many would cover what is withheld.
                for (var tag = _confirmed + 1; tag <= _published; tag++)
                    if (!_withheld.Contains(tag))
                        Reply(new BasicAck(tag, Multiple: false));
            }

            _confirmed = _published;
        }
    }

    private void Publish(Content content)
    {
        var (method, properties, body) = content;
        if (method.Immediate) throw BrokerError.NotImplemented("immediate=true");
        if (properties.ReplyTo == ReplyTable.Name) properties = properties with { ReplyTo = ReplyKey() };

        if (_plan.Publishes.IsEmpty) Store(method, properties, body);
        else Meet(method, properties, body);
    }

    private void Store(BasicPublish method, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        var result = Route(method, properties, body);
        if (_confirms) Confirm(result.IsRejected);
    }

    private PublishResult Route(BasicPublish method, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        _permit.Exchange(AccessKind.Write, method.Exchange);
        var result = ReplyTable.IsReplyKey(method.Exchange, method.RoutingKey)
            ? _connection.Site.Replies.Publish(method.RoutingKey, properties, body)
            : _host.Publish(method.Exchange, method.RoutingKey, properties, body, () => CheckUser(properties), this);
        // As it was routed: without the BCC header.
        if (result.IsUnroutable && method.Mandatory)
            Return(312, "NO_ROUTE", method, result.Properties ?? properties, body);
        return result;
    }

    private void Return(
        ushort code, string text, BasicPublish method, MessageProperties properties, ReadOnlyMemory<byte> body) =>
        _outbox.Send(Number, new BasicReturn(code, text, method.Exchange, method.RoutingKey), properties, body.Span);

    private void Confirm(bool rejected)
    {
        if (rejected)
        {
            SendConfirms();
            _confirmed = ++_published;
            Reply(new BasicNack(_published, Multiple: false, Requeue: false));
            return;
        }

        if (_published++ == _confirmed) _connection.HasConfirms(this);
    }

    private ulong Withhold()
    {
        lock (_confirming)
        {
            Confirm(rejected: false);
            _withheld.Add(_published);
            return _published;
        }
    }

    private void Release(ulong tag)
    {
        lock (_confirming)
        {
            // Where its turn has not come yet, it goes with the others.
            if (_withheld.Remove(tag) && tag <= _confirmed && !_closing) Reply(new BasicAck(tag, Multiple: false));
        }
    }

    private void CheckUser(MessageProperties properties)
    {
        if (properties.UserId is { } user && user != _connection.Client.User)
            throw BrokerError.WrongUser(user, _connection.Client.User);
    }

    private string ReplyKey() =>
        _reply?.Key ?? throw BrokerError.Precondition("fast reply consumer does not exist");
}
