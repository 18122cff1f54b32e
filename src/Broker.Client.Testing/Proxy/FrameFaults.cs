namespace Broker.Client.Testing;

/// <summary>What can be done to the frames that <see cref="FaultProxy.On"/> chose. Where several faults would act on
/// the same frame, the one that was armed first does; all of them count it.</summary>
public sealed class FrameFaults
{
    private readonly FaultProxy _proxy;
    private readonly FrameMatch _match;

    internal FrameFaults(FaultProxy proxy, FrameMatch match) => (_proxy, _match) = (proxy, match);

    /// <summary>Ends the connection instead of passing the frame on.</summary>
    public ArmedFault CutBefore(CutKind kind = CutKind.Close) =>
        Arm($"cut before {_match}", new FrameFault(_match, FrameAction.CutBefore) { Cut = kind });

    /// <summary>Passes the frame on, with the message that belongs to it, and ends the connection.</summary>
    public ArmedFault CutAfter(CutKind kind = CutKind.Close) =>
        Arm($"cut after {_match}", new FrameFault(_match, FrameAction.CutAfter) { Cut = kind });

    /// <summary>Keeps the frames back until the fault is lifted, while others pass them by.</summary>
    public ArmedFault Hold() => Arm($"hold {_match}", new FrameFault(_match, FrameAction.Hold));

    /// <summary>Drops the frames.</summary>
    public ArmedFault Drop() => Arm($"drop {_match}", new FrameFault(_match, FrameAction.Drop));

    /// <summary>Passes the frames on twice.</summary>
    public ArmedFault Duplicate() => Arm($"duplicate {_match}", new FrameFault(_match, FrameAction.Duplicate));

    /// <summary>Stops the frame's whole direction for this long before it passes.</summary>
    public ArmedFault Delay(TimeSpan delay) =>
        Arm($"delay {_match}", new FrameFault(_match, FrameAction.Delay) { Delay = delay });

    /// <summary>Inverts one byte of the frame's payload; an offset behind its end means the last.</summary>
    public ArmedFault CorruptByte(int offset = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return Arm($"corrupt {_match}", new FrameFault(_match, FrameAction.CorruptByte) { Offset = offset });
    }

    /// <summary>Replaces the octet that ends the frame.</summary>
    public ArmedFault CorruptEnd() =>
        Arm($"corrupt the end of {_match}", new FrameFault(_match, FrameAction.CorruptEnd));

    /// <summary>Sends these bytes, a frame as a rule, in the same direction before the frame.</summary>
    public ArmedFault InjectBefore(ReadOnlyMemory<byte> frame) =>
        Arm($"inject before {_match}", new FrameFault(_match, FrameAction.InjectBefore) { Bytes = frame });

    /// <summary>Sends these bytes in the same direction after the frame and the message that belongs to it.</summary>
    public ArmedFault InjectAfter(ReadOnlyMemory<byte> frame) =>
        Arm($"inject after {_match}", new FrameFault(_match, FrameAction.InjectAfter) { Bytes = frame });

    internal ArmedFault Call(string name, Action<ProxyConnection> callback) =>
        Arm(name, new FrameFault(_match, FrameAction.Call) { Callback = callback });

    private ArmedFault Arm(string name, FrameFault fault)
    {
        fault.Handle = new ArmedFault(_proxy.Book, name, _ => _proxy.Disarm(fault));
        _proxy.Arm(fault);
        return fault.Handle;
    }
}
