namespace Broker.Client.Testing;

/// <summary>Appends whole frames to a writer.</summary>
internal static class FrameWriter
{
    /// <summary>What opens a connection: the name, and version 0-9-1.</summary>
    public static ReadOnlySpan<byte> ProtocolHeader => "AMQP\0\0\x09\x01"u8;

    public static AmqpWriter MethodFrame(this AmqpWriter writer, ushort channel, Method method)
    {
        var start = writer.StartFrame(FrameType.Method, channel);
        method.Write(writer);
        return writer.EndFrame(start);
    }

    public static AmqpWriter HeaderFrame(this AmqpWriter writer, ushort channel, ContentHeader header)
    {
        var start = writer.StartFrame(FrameType.Header, channel);
        header.Write(writer);
        return writer.EndFrame(start);
    }

    /// <summary>The body in as many frames as frame-max (0 for no limit) asks for; none where it is empty.</summary>
    public static AmqpWriter BodyFrames(this AmqpWriter writer, ushort channel, ReadOnlySpan<byte> body, int frameMax)
    {
        var most = frameMax == 0 ? int.MaxValue : frameMax - Frame.Overhead;
        while (body.Length > 0)
        {
            var piece = body[..Math.Min(most, body.Length)];
            writer.EndFrame(writer.StartFrame(FrameType.Body, channel, piece));
            body = body[piece.Length..];
        }

        return writer;
    }

    /// <summary>A method that carries content, with its header and body.</summary>
    public static AmqpWriter ContentFrames(this AmqpWriter writer, ushort channel, Method method,
        ContentHeader header, ReadOnlySpan<byte> body, int frameMax) =>
        writer.MethodFrame(channel, method).HeaderFrame(channel, header).BodyFrames(channel, body, frameMax);

    public static AmqpWriter HeartbeatFrame(this AmqpWriter writer) =>
        writer.EndFrame(writer.StartFrame(FrameType.Heartbeat, 0));

    private static int StartFrame(this AmqpWriter writer, FrameType type, ushort channel,
        ReadOnlySpan<byte> payload = default)
    {
        var start = writer.Octet((byte)type).UInt16(channel).ReserveLength();
        writer.Raw(payload);
        return start;
    }

    private static AmqpWriter EndFrame(this AmqpWriter writer, int start)
    {
        writer.SetLength(start);
        return writer.Octet(Frame.End);
    }
}
