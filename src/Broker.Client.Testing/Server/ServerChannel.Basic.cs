namespace Broker.Client.Testing;

// Consuming, getting and settling.
internal sealed partial class ServerChannel
{
    private ReplyConsumer? _reply;
    private int _prefetch;
    private bool _startsQuietly;

    private bool RunBasic(Method method)
    {
        switch (method)
        {
            case BasicPublish m:
                _content.Start(m);
                return true;
            case BasicQos m:
                Limit(m);
                return true;
            case BasicConsume m:
                Consume(m);
                return true;
            case BasicCancel m:
                Cancel(m.ConsumerTag);
                Reply(m.NoWait, new BasicCancelOk(m.ConsumerTag));
                return true;
            case BasicGet m:
                Get(m);
                return true;
            case BasicAck m:
                _unacked.Ack(m.DeliveryTag, m.Multiple);
                return true;
            case BasicNack m:
                _unacked.Nack(m.DeliveryTag, m.Multiple, m.Requeue);
                return true;
            case BasicReject m:
                _unacked.Reject(m.DeliveryTag, m.Requeue);
                return true;
            case BasicRecover m:
                Recover(m.Requeue);
                Reply(new BasicRecoverOk());
                return true;
            case BasicRecoverAsync m:
                Recover(m.Requeue);
                return true;
            case ConfirmSelect m:
                _confirms = true;
                Reply(m.NoWait, new ConfirmSelectOk());
                return true;
            default:
                return false;
        }
    }

    private void Limit(BasicQos qos)
    {
        if (qos.PrefetchSize != 0) throw BrokerError.NotImplemented($"prefetch_size!=0 ({qos.PrefetchSize})");
        if (qos.Global && !_host.Profile.GlobalPrefetchIsPerConsumer)
        {
            _unacked.SetGlobalPrefetch(qos.PrefetchCount);
        }
        else
        {
            // The one lifts the other.
            _unacked.SetGlobalPrefetch(0);
            _prefetch = qos.PrefetchCount;
        }

        Reply(new BasicQosOk());
    }

    private void Consume(BasicConsume consume)
    {
        if (consume.Queue == ReplyTable.Name)
        {
            ConsumeReplies(consume);
            return;
        }

        _startsQuietly = consume.NoWait;
        var queue = QueueOf(consume.Queue);
        _permit.Queue(AccessKind.Read, queue);
        var request = new ConsumeRequest(queue, consume.ConsumerTag)
        {
            NoAck = consume.NoAck,
            Exclusive = consume.Exclusive,
            Prefetch = _prefetch,
            Priority = ConsumerArguments.Priority(consume.Arguments),
            Arguments = Arguments(consume.Arguments),
        };
        var subscription = _host.Consume(_unacked, request, this);
        _consumers[subscription.Tag] = subscription;
    }

    private void ConsumeReplies(BasicConsume consume)
    {
        if (_reply is not null) throw BrokerError.Precondition("reply consumer already set");
        if (!consume.NoAck) throw BrokerError.Precondition("reply consumer cannot acknowledge");

        var tag = consume.ConsumerTag.Length > 0 ? consume.ConsumerTag : $"amq.ctag-{Guid.NewGuid():N}";
        _reply = _connection.Site.Replies.Add(tag, _unacked, this);
        Reply(consume.NoWait, new BasicConsumeOk(tag));
    }

    private void Cancel(string tag)
    {
        if (_reply?.Tag == tag)
        {
            _connection.Site.Replies.Remove(_reply);
            _reply = null;
        }
        else if (_consumers.TryRemove(tag, out var subscription))
        {
            _host.Cancel(subscription);
        }
    }

    private void Get(BasicGet get)
    {
        var queue = QueueOf(get.Queue);
        _permit.Queue(AccessKind.Read, queue);
        if (_host.Get(_unacked, queue, get.NoAck) is not { } delivery)
        {
            Reply(new BasicGetEmpty());
            return;
        }

        _outbox.Send(Number,
            new BasicGetOk(delivery.Tag, delivery.IsRedelivered, delivery.Exchange, delivery.RoutingKey,
                (uint)delivery.MessageCount),
            delivery.Properties, delivery.Body.Span);
    }

    private void Recover(bool requeue)
    {
        if (!requeue) throw BrokerError.NotImplemented("requeue=false");
        _unacked.Recover();
    }
}
