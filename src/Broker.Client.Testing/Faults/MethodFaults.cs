namespace Broker.Client.Testing;

/// <summary>What a <see cref="TestBroker"/> can do instead of running the methods that were chosen. Where several faults
/// would act on one, the one that was armed first does; all of them count it.</summary>
public sealed class MethodFaults
{
    private readonly FaultPlan _plan;
    private readonly BrokerMatch<TestMethod> _match;

    internal MethodFaults(FaultPlan plan, BrokerMatch<TestMethod> match) => (_plan, _match) = (plan, match);

    /// <summary>Closes the channel in place of running the method.</summary>
    public ArmedFault CloseChannel(ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Arm("close the channel at", new(BrokerAct.CloseChannel) { Code = code, Text = text });
    }

    /// <summary>Closes the connection in place of running the method.</summary>
    public ArmedFault CloseConnection(ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Arm("close the connection at", new(BrokerAct.CloseConnection) { Code = code, Text = text });
    }

    /// <summary>Ends the connection without a word, in place of running the method.</summary>
    public ArmedFault Cut(CutKind kind = CutKind.Close) => Arm("cut before", new(BrokerAct.Cut) { Cut = kind });

    /// <summary>Waits this long, by the broker's clock, before it runs the method; what follows on the connection waits
    /// behind it.</summary>
    public ArmedFault Delay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Arm("delay", new(BrokerAct.Delay) { Delay = delay });
    }

    private ArmedFault Arm(string words, PlannedFault fault) => _plan.Methods.Arm($"{words} {_match}", _match, fault);
}
