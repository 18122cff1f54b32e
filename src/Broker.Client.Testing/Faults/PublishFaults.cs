namespace Broker.Client.Testing;

/// <summary>What a <see cref="TestBroker"/> can do to the publishes that were chosen. Where several faults would act on
/// one publish, the one that was armed first does; all of them count it.</summary>
public sealed class PublishFaults
{
    private readonly FaultPlan _plan;
    private readonly BrokerMatch<TestPublish> _match;

    internal PublishFaults(FaultPlan plan, BrokerMatch<TestPublish> match) => (_plan, _match) = (plan, match);

    /// <summary>The message is stored, and the connection ends without its confirm: the publisher cannot know, and one
    /// that sends it again makes a second of it. Confirms that were due before it are sent.</summary>
    public ArmedFault StoreThenCut(CutKind kind = CutKind.Close) => Arm("store, then cut,", new(BrokerAct.StoreThenCut) { Cut = kind });

    /// <summary>The message is lost with its connection: only a publisher that sends it again saves it. Confirms that
    /// were due before it are sent.</summary>
    public ArmedFault CutBeforeStore(CutKind kind = CutKind.Close) => Arm("cut before storing", new(BrokerAct.Cut) { Cut = kind });

    /// <summary>The message is stored, and its confirm is kept back until the fault is lifted; others are confirmed. It
    /// acts on channels in confirm mode.</summary>
    public ArmedFault WithholdConfirm() => Arm("withhold the confirm of", new(BrokerAct.WithholdConfirm));

    /// <summary>The message is not stored, and the publisher gets a basic.nack. It acts on channels in confirm
    /// mode.</summary>
    public ArmedFault Nack() => Arm("nack", new(BrokerAct.Nack));

    /// <summary>The message is not stored, and comes back as basic.return, confirmed after it. It acts on mandatory
    /// messages.</summary>
    public ArmedFault Return(ushort code = 312, string text = "NO_ROUTE") =>
        Arm("return", new(BrokerAct.Return) { Code = code, Text = Required(text) });

    /// <summary>The broker takes this long, by its clock, before it stores the message; what follows on the connection
    /// waits behind it.</summary>
    public ArmedFault Delay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Arm("delay", new(BrokerAct.Delay) { Delay = delay });
    }

    /// <summary>The message is not stored, and its channel is closed by the broker.</summary>
    public ArmedFault CloseChannel(ushort code, string text) =>
        Arm("close the channel at", new(BrokerAct.CloseChannel) { Code = code, Text = Required(text) });

    /// <summary>The message is not stored, and its connection is closed by the broker.</summary>
    public ArmedFault CloseConnection(ushort code, string text) =>
        Arm("close the connection at", new(BrokerAct.CloseConnection) { Code = code, Text = Required(text) });

    private static string Required(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text;
    }

    private ArmedFault Arm(string words, PlannedFault fault) => _plan.Publishes.Arm($"{words} {_match}", _match, fault);
}
