namespace Broker.Client.Testing;

internal enum FrameAction
{
    CutBefore,
    CutAfter,
    Hold,
    Drop,
    Duplicate,
    Delay,
    CorruptByte,
    CorruptEnd,
    InjectBefore,
    InjectAfter,
    Call,
}

/// <summary>A fault on frames as the pumps see it.</summary>
internal sealed class FrameFault(FrameMatch match, FrameAction action)
{
    private long _count;

    public FrameMatch Match { get; } = match;

    public FrameAction Action { get; } = action;

    public CutKind Cut { get; init; }

    public TimeSpan Delay { get; init; }

    public int Offset { get; init; }

    public ReadOnlyMemory<byte> Bytes { get; init; }

    public Action<ProxyConnection>? Callback { get; init; }

    public ArmedFault Handle { get; set; } = null!;

    /// <summary>Whether the fault goes on to the content that follows the method.</summary>
    public bool TakesContent => Match.Method is not null && !Match.FrameAlone
        && Action is FrameAction.CutAfter or FrameAction.Hold or FrameAction.Drop
            or FrameAction.Duplicate or FrameAction.InjectAfter or FrameAction.Call;

    /// <summary>Counts the frame if it fits; true where the fault acts on it.</summary>
    public bool Bites(in FrameSeen frame) => Match.Fits(frame) && Match.Turn.Takes(Interlocked.Increment(ref _count));
}
