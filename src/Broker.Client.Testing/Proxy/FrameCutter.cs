using System.Buffers.Binary;

namespace Broker.Client.Testing;

/// <summary>Finds where frames end, and nothing else: what is malformed must pass, as it may be meant.</summary>
internal static class FrameCutter
{
    public const int ProtocolHeaderSize = 8;

    // Larger than any broker's frame-max: what claims more is not a frame.
    private const uint LargestPayload = 64 * 1024 * 1024;

    /// <summary>The length of the frame at the start of these bytes, 0 where more are needed to tell or it is not
    /// whole, -1 where it is no frame.</summary>
    public static int Cut(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0) return 0;
        if (bytes[0] is not ((byte)FrameType.Method or (byte)FrameType.Header or (byte)FrameType.Body
            or (byte)FrameType.Heartbeat))
            return -1;
        if (bytes.Length < Frame.HeadSize) return 0;

        var payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
        if (payload > LargestPayload) return -1;
        var whole = (int)payload + Frame.Overhead;
        return bytes.Length < whole ? 0 : whole;
    }

    public static FrameSeen See(ReadOnlySpan<byte> frame, int connection, FaultDirection direction, long number)
    {
        var type = (FrameType)frame[0];
        var method = type == FrameType.Method ? MethodTable.NameOf(frame[Frame.HeadSize..^1]) : null;
        return new FrameSeen(connection, direction, number, type, BinaryPrimitives.ReadUInt16BigEndian(frame[1..]),
            method);
    }
}
