using System.Buffers.Binary;

namespace Broker.Client;

/// <summary>
/// RabbitMQ.Client 7 cannot declare an internal exchange: it always writes that bit of <c>exchange.declare</c> as
/// false. The frame passes through our stream, so the bit is set there.
/// </summary>
internal static class InternalExchange
{
    private const int MethodFrame = 1;
    private const int FrameHeader = 7;
    private const int ExchangeClass = 40;
    private const int DeclareMethod = 10;
    private const byte InternalBit = 1 << 3; // after passive, durable and auto-delete

    /// <summary>
    /// A copy of the frame with the bit set, or null where these bytes are not an
    /// <c>exchange.declare</c> of the channel.
    /// </summary>
    public static byte[]? TryMark(ReadOnlySpan<byte> frame, int channelNumber)
    {
        if (frame.Length < FrameHeader + 8 || frame[0] != MethodFrame
            || BinaryPrimitives.ReadUInt16BigEndian(frame[1..]) != channelNumber
            || BinaryPrimitives.ReadUInt16BigEndian(frame[FrameHeader..]) != ExchangeClass
            || BinaryPrimitives.ReadUInt16BigEndian(frame[(FrameHeader + 2)..]) != DeclareMethod)
        {
            return null;
        }

        var position = FrameHeader + 6; // class, method and a reserved short
        position += 1 + frame[position]; // the exchange's name
        if (position < frame.Length)
            position += 1 + frame[position]; // its type
        if (position >= frame.Length)
            return null;
        var marked = frame.ToArray();
        marked[position] |= InternalBit;
        return marked;
    }
}
