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
                if (m.Exchange.Length > 0) _permit.Exchange(AccessKind.Configure, m.Exchange);
                _host.DeleteExchange(m.Exchange, m.IfUnused);
                Reply(m.NoWait, new ExchangeDeleteOk());
                return true;
            case ExchangeBind m:
                PermitBinding(m.Destination, m.Source);
                _host.BindExchange(m.Destination, m.Source, m.RoutingKey, Arguments(m.Arguments));
                Reply(m.NoWait, new ExchangeBindOk());
                return true;
            case ExchangeUnbind m:
                PermitBinding(m.Destination, m.Source);
                _host.UnbindExchange(m.Destination, m.Source, m.RoutingKey, Arguments(m.Arguments));
                Reply(m.NoWait, new ExchangeUnbindOk());
                return true;
            case QueueDeclare m:
                var counts = Declare(m);
                _lastQueue = counts.Name;
                Reply(m.NoWait, new QueueDeclareOk(counts.Name, (uint)counts.Messages, (uint)counts.Consumers));
                return true;
            case QueueBind m:
                PermitQueueBinding(m.Queue, m.Exchange);
                _host.BindQueue(
                    QueueOf(m.Queue), m.Exchange, KeyOf(m.Queue, m.RoutingKey), Arguments(m.Arguments), _connection);
                Reply(m.NoWait, new QueueBindOk());
                return true;
            case QueueUnbind m:
                PermitQueueBinding(m.Queue, m.Exchange);
                _host.UnbindQueue(QueueOf(m.Queue), m.Exchange, KeyOf(m.Queue, m.RoutingKey), Arguments(m.Arguments),
                    _connection);
                Reply(new QueueUnbindOk());
                return true;
            case QueuePurge m:
                _permit.Queue(AccessKind.Read, QueueOf(m.Queue));
                var purged = _host.PurgeQueue(QueueOf(m.Queue), _connection);
                Reply(m.NoWait, new QueuePurgeOk((uint)purged));
                return true;
            case QueueDelete m:
                _permit.Queue(AccessKind.Configure, QueueOf(m.Queue));
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
            _permit.SeeExchange(method.Exchange);
            _host.CheckExchange(method.Exchange);
            return;
        }

        if (method.Exchange.Length > 0) _permit.Exchange(AccessKind.Configure, method.Exchange);
        _host.DeclareExchange(new(method.Exchange, method.Type)
        {
            Durable = method.Durable,
            AutoDelete = method.AutoDelete,
            Internal = method.Internal,
            Arguments = Arguments(method.Arguments),
        }, checkNew: () =>
        {
            if (method.Arguments?.GetValueOrDefault("alternate-exchange") is not string alternate) return;
            _permit.Exchange(AccessKind.Read, method.Exchange);
            _permit.Exchange(AccessKind.Write, alternate);
        });
    }

    private QueueCounts Declare(QueueDeclare method)
    {
        // Requesters ask whether a replier's consumer still is there.
        if (_connection.Site.Replies.Exists(method.Queue)) return new(method.Queue, Messages: 0, Consumers: 1);
        if (method.Passive)
        {
            _permit.SeeQueue(method.Queue);
            return _host.CheckQueue(method.Queue, _connection);
        }

        _permit.Queue(AccessKind.Configure, method.Queue.Length > 0 ? method.Queue : "amq.gen-");
        return _host.DeclareQueue(new(method.Queue)
        {
            Durable = method.Durable,
            Exclusive = method.Exclusive,
            AutoDelete = method.AutoDelete,
            Arguments = Arguments(method.Arguments),
        }, _connection, checkNew: () =>
        {
            if (method.Arguments?.GetValueOrDefault("x-dead-letter-exchange") is not string exchange) return;
            _permit.Queue(AccessKind.Read, method.Queue.Length > 0 ? method.Queue : "amq.gen-");
            _permit.Exchange(AccessKind.Write, exchange);
        });
    }

    private void PermitQueueBinding(string queue, string exchange)
    {
        _permit.Queue(AccessKind.Write, QueueOf(queue));
        if (exchange.Length > 0) _permit.Exchange(AccessKind.Read, exchange);
    }

    private void PermitBinding(string destination, string source)
    {
        if (destination.Length > 0) _permit.Exchange(AccessKind.Write, destination);
        if (source.Length > 0) _permit.Exchange(AccessKind.Read, source);
    }

    /// <summary>No name is the queue this channel declared last.</summary>
    private string QueueOf(string name)
    {
        if (name.Length > 0) return name;
        return _lastQueue.Length > 0 ? _lastQueue : throw BrokerError.NotFound("no previously declared queue");
    }

    private string KeyOf(string queue, string key) => queue.Length == 0 && key.Length == 0 ? _lastQueue : key;
}
