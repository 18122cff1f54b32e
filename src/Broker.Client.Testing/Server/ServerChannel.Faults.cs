namespace Broker.Client.Testing;

// What the fault plan makes of publishes, methods and deliveries.
internal sealed partial class ServerChannel
{
    private readonly FaultPlan _plan;

    /// <summary>The broker closes the channel, from outside of its reader.</summary>
    public void Close(ushort code, string text)
    {
        if (!_closing) Close(new BrokerError(code, text), cause: null);
    }

    private void Meet(BasicPublish method, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        var publish = new TestPublish
        {
            Connection = _connection.Number, Channel = Number, Exchange = method.Exchange,
            RoutingKey = method.RoutingKey, Mandatory = method.Mandatory, Properties = properties, Body = body,
        };
        if (_plan.Publishes.Decide(publish) is not var (fault, number) || !CanAct(fault, method))
        {
            Store(method, properties, body);
            return;
        }

        switch (fault.Act)
        {
            case BrokerAct.StoreThenCut:
                SendConfirms();
                Route(method, properties, body);
                _connection.Cut(fault.Cut);
                break;
            case BrokerAct.Cut:
                SendConfirms();
                _connection.Cut(fault.Cut);
                break;
            case BrokerAct.WithholdConfirm:
                Route(method, properties, body);
                var tag = Withhold();
                fault.Keep(() => Release(tag));
                break;
            case BrokerAct.Nack:
                Confirm(rejected: true);
                break;
            case BrokerAct.Return:
                Return(fault.Code, fault.Text, method, properties, body);
                if (_confirms) Confirm(rejected: false);
                break;
            case BrokerAct.Delay:
                _connection.Pause(fault.Delay, () => Guard(() => Store(method, properties, body)));
                break;
            default:
                Bite(fault, FaultDirection.ToBroker, number);
                throw fault.Error();
        }

        Bite(fault, FaultDirection.ToBroker, number);
    }

    private bool CanAct(PlannedFault fault, BasicPublish method) => fault.Act switch
    {
        BrokerAct.WithholdConfirm or BrokerAct.Nack => _confirms,
        BrokerAct.Return => method.Mandatory,
        _ => true,
    };

    private void Meet(Method method)
    {
        if (method is BasicPublish
            || _plan.Methods.Decide(new(method.Name, _connection.Number, Number)) is not var (fault, number))
        {
            Run(method);
            return;
        }

        if (fault.Act == BrokerAct.Delay)
        {
            _connection.Pause(fault.Delay, () => Guard(() =>
            {
                _connection.Current = method;
                Run(method);
            }));
        }
        else if (fault.Act == BrokerAct.Cut)
        {
            SendConfirms();
            _connection.Cut(fault.Cut);
        }

        Bite(fault, FaultDirection.ToBroker, number);
        if (fault.Act is BrokerAct.CloseChannel or BrokerAct.CloseConnection) throw fault.Error();
    }

    // Under the virtual host's lock, and in the middle of what made the queue deliver: here the consumer only stops, and
    // what ends is not listened to any more, or a quick client would have acknowledged before. The rest comes later.
    private Action? Foresee(in Delivery delivery)
    {
        if (!_unacked.Subscriptions.TryGetValue(delivery.ConsumerTag, out var subscription)) return null;
        var happening = new TestDelivery
        {
            Connection = _connection.Number, Channel = Number, ConsumerTag = delivery.ConsumerTag,
            Queue = subscription.Queue.Name, IsRedelivered = delivery.IsRedelivered,
            Properties = delivery.Properties, Body = delivery.Body,
        };
        if (_plan.Deliveries.Decide(happening) is not var (fault, number)) return null;

        if (fault.Act == BrokerAct.CancelConsumer) subscription.IsSuspended = true;
        else _unacked.Suspend();
        if (fault.Act == BrokerAct.CloseChannel) _deaf = true;
        else if (fault.Act != BrokerAct.CancelConsumer) _connection.Deafen();
        return () => _connection.Later(() =>
        {
            switch (fault.Act)
            {
                case BrokerAct.CancelConsumer:
                    _host.CancelConsumer(subscription);
                    break;
                case BrokerAct.CloseChannel:
                    Close(fault.Code, fault.Text);
                    break;
                case BrokerAct.CloseConnection:
                    _connection.Close(fault.Code, fault.Text);
                    break;
                default:
                    _connection.Abort(fault.Cut);
                    break;
            }

            Bite(fault, FaultDirection.ToClient, number);
        });
    }

    // After it has acted, as far as that can be seen from outside: who waits for the bite builds on it.
    private void Bite(PlannedFault fault, FaultDirection direction, long number) =>
        fault.Handle.Bite(_connection.Number, direction, number);
}
