namespace Broker.Client.Testing;

// Exchanges and queues.
internal sealed partial class ServerChannel
{
    private string _lastQueue = "";

    private bool RunTopology(Method method)
    {
        switch (method)
        {
            case ExchangeDeclare m:
                Declare(m);
                Reply(m.NoWait, new ExchangeDeclareOk());
                return true;
            case ExchangeDelete m:
                _host.DeleteExchange(m.Exchange, m.IfUnused);
                Reply(m.NoWait, new ExchangeDeleteOk());
                return true;
            case ExchangeBind m:
                _host.BindExchange(m.Destination, m.Source, m.RoutingKey, Arguments(m.Arguments));
                Reply(m.NoWait, new ExchangeBindOk());
                return true;
            case ExchangeUnbind m:
                _host.UnbindExchange(m.Destination, m.Source, m.RoutingKey, Arguments(m.Arguments));
                Reply(m.NoWait, new ExchangeUnbindOk());
                return true;
            case QueueDeclare m:
                var counts = Declare(m);
                _lastQueue = counts.Name;
                Reply(m.NoWait, new QueueDeclareOk(counts.Name, (uint)counts.Messages, (uint)counts.Consumers));
                return true;
            case QueueBind m:
                _host.BindQueue(
                    QueueOf(m.Queue), m.Exchange, KeyOf(m.Queue, m.RoutingKey), Arguments(m.Arguments), _connection);
                Reply(m.NoWait, new QueueBindOk());
                return true;
            case QueueUnbind m:
                _host.UnbindQueue(QueueOf(m.Queue), m.Exchange, KeyOf(m.Queue, m.RoutingKey), Arguments(m.Arguments),
                    _connection);
                Reply(new QueueUnbindOk());
                return true;
            case QueuePurge m:
                var purged = _host.PurgeQueue(QueueOf(m.Queue), _connection);
                Reply(m.NoWait, new QueuePurgeOk((uint)purged));
                return true;
            case QueueDelete m:
                // Its consumers on this channel are cancelled behind the answer.
                _host.DeleteQueue(QueueOf(m.Queue), m.IfUnused, m.IfEmpty, _connection,
                    deleted => Reply(m.NoWait, new QueueDeleteOk((uint)deleted)));
                return true;
            default:
                return false;
        }
    }

    private void Declare(ExchangeDeclare method)
    {
        if (method.Passive)
        {
            _host.CheckExchange(method.Exchange);
            return;
        }

        _host.DeclareExchange(new(method.Exchange, method.Type)
        {
            Durable = method.Durable,
            AutoDelete = method.AutoDelete,
            Internal = method.Internal,
            Arguments = Arguments(method.Arguments),
        });
    }

    private QueueCounts Declare(QueueDeclare method)
    {
        // Requesters ask whether a replier's consumer still is there.
        if (_connection.Site.Replies.Exists(method.Queue)) return new(method.Queue, Messages: 0, Consumers: 1);
        if (method.Passive) return _host.CheckQueue(method.Queue, _connection);

        return _host.DeclareQueue(new(method.Queue)
        {
            Durable = method.Durable,
            Exclusive = method.Exclusive,
            AutoDelete = method.AutoDelete,
            Arguments = Arguments(method.Arguments),
        }, _connection);
    }

    /// <summary>No name is the queue this channel declared last.</summary>
    private string QueueOf(string name)
    {
        if (name.Length > 0) return name;
        return _lastQueue.Length > 0 ? _lastQueue : throw BrokerError.NotFound("no previously declared queue");
    }

    private string KeyOf(string queue, string key) => queue.Length == 0 && key.Length == 0 ? _lastQueue : key;
}
