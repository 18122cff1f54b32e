using System.Buffers.Binary;

namespace Broker.Client.Testing;

/// <summary>Which channels are between a method and the end of its content, where no other frame may come.</summary>
internal sealed class ContentTracker
{
    private readonly Dictionary<ushort, OpenContent> _open = [];

    public bool IsOpen(ushort channel) => _open.ContainsKey(channel);

    /// <summary>The fault that acted on the method that this frame of content belongs to.</summary>
    public OpenContent? Of(in FrameSeen frame) =>
        frame.Type is FrameType.Header or FrameType.Body ? _open.GetValueOrDefault(frame.Channel) : null;

    /// <summary>Opens the content of a method; without one, ends a content that was broken off.</summary>
    public OpenContent? Open(in FrameSeen frame)
    {
        if (frame.Type == FrameType.Method) _open.Remove(frame.Channel);
        return frame.HasContent ? _open[frame.Channel] = new OpenContent() : null;
    }

    /// <summary>Counts a frame of content, and tells whether it is the last.</summary>
    public bool Ends(in FrameSeen frame, ReadOnlySpan<byte> bytes)
    {
        if (!_open.TryGetValue(frame.Channel, out var content)) return true;
        var payload = bytes[Frame.HeadSize..^1];
        if (frame.Type == FrameType.Body) content.Left -= payload.Length;
        else if (payload.Length >= 12) content.Left = (long)BinaryPrimitives.ReadUInt64BigEndian(payload[4..]);
        return content.Left <= 0 && _open.Remove(frame.Channel);
    }
}

internal sealed class OpenContent
{
    public long Left { get; set; }

    public FrameFault? Fault { get; set; }

    /// <summary>What was put aside, from the method on.</summary>
    public AsideUnit? Aside { get; set; }
}

/// <summary>Frames that were put aside: a method with its content, or what is to be injected.</summary>
internal sealed class AsideUnit(FrameFault? fault, ushort channel)
{
    public AmqpWriter Bytes { get; } = new();

    public bool IsWhole { get; set; }

    public ushort Channel => channel;

    public bool MayGo => IsWhole && (fault is null || fault.Handle.IsLifted);
}
