namespace Broker.Client.Testing;

// Publishing, returns and confirms.
internal sealed partial class ServerChannel
{
    private bool _confirms;
    private ulong _published;
    private ulong _confirmed;

    /// <summary>One ack for all publishes that are due.</summary>
    public void SendConfirms()
    {
        if (_confirmed == _published || !_confirms) return;
        Reply(new BasicAck(_published, Multiple: _published - _confirmed > 1));
        _confirmed = _published;
    }

    private void Publish(Content content)
    {
        var (method, properties, body) = content;
        if (method.Immediate) throw BrokerError.NotImplemented("immediate=true");
        if (properties.UserId is { } user && user != _connection.Client.User)
            throw BrokerError.WrongUser(user, _connection.Client.User);
        if (properties.ReplyTo == ReplyTable.Name) properties = properties with { ReplyTo = ReplyKey() };

        var result = ReplyTable.IsReplyKey(method.Exchange, method.RoutingKey)
            ? _connection.Site.Replies.Publish(method.RoutingKey, properties, body)
            : _host.Publish(method.Exchange, method.RoutingKey, properties, body);
        if (result.IsUnroutable && method.Mandatory)
        {
            _outbox.Send(Number, new BasicReturn(312, "NO_ROUTE", method.Exchange, method.RoutingKey), properties,
                body.Span);
        }

        if (_confirms) Confirm(result.IsRejected);
    }

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

    private string ReplyKey() =>
        _reply?.Key ?? throw BrokerError.Precondition("fast reply consumer does not exist");
}
