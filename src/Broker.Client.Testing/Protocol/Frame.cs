namespace Broker.Client.Testing;

internal enum FrameType : byte
{
    Method = 1,
    Header = 2,
    Body = 3,
    Heartbeat = 8,
}

/// <summary>One frame. The payload belongs to the reader that made it and is valid until it reads the next.</summary>
internal readonly record struct Frame(FrameType Type, ushort Channel, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Type, channel and length.</summary>
    public const int HeadSize = 7;

    /// <summary>What a frame has beside its payload: the head and the end octet. It counts against frame-max.</summary>
    public const int Overhead = HeadSize + 1;

    public const byte End = 0xCE;

    /// <summary>No peer may set frame-max lower.</summary>
    public const int SmallestMax = 4096;
}
