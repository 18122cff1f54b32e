namespace Broker.Client.Testing;

/// <summary>What a <see cref="TestBroker"/> can do after the deliveries that were chosen. They are sent; nothing more is
/// delivered to the consumer (by the last three, to its channel) before the fault has acted.</summary>
public sealed class DeliveryFaults
{
    private readonly FaultPlan _plan;
    private readonly BrokerMatch<TestDelivery> _match;

    internal DeliveryFaults(FaultPlan plan, BrokerMatch<TestDelivery> match) => (_plan, _match) = (plan, match);

    /// <summary>Ends the consumer with basic.cancel, as RabbitMQ does when its queue is gone or moves. What it holds
    /// stays with its channel.</summary>
    public ArmedFault CancelConsumer() => Arm("cancel the consumer after", new(BrokerAct.CancelConsumer));

    /// <summary>Closes the consumer's channel; what it holds goes back to the queue.</summary>
    public ArmedFault CloseChannel(ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Arm("close the channel after", new(BrokerAct.CloseChannel) { Code = code, Text = text });
    }

    /// <summary>Closes the consumer's connection.</summary>
    public ArmedFault CloseConnection(ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Arm("close the connection after", new(BrokerAct.CloseConnection) { Code = code, Text = text });
    }

    /// <summary>Ends the consumer's connection without a word; the delivery may not arrive.</summary>
    public ArmedFault Cut(CutKind kind = CutKind.Close) => Arm("cut after", new(BrokerAct.Cut) { Cut = kind });

    private ArmedFault Arm(string words, PlannedFault fault) => _plan.Deliveries.Arm($"{words} {_match}", _match, fault);
}
