using System.Buffers.Binary;

namespace Broker.Client.Testing;

/// <summary>Cuts a stream into frames, holding every frame to frame-max and to its end octet (501 otherwise).</summary>
internal sealed class FrameReader(Stream input, int frameMax = 131_072)
{
    public const int HeaderSize = 8;

    // Where no frame-max was agreed on, a length must not be able to claim all memory.
    private const int LargestFrame = 256 * 1024 * 1024;

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The whole size of the largest frame allowed, 0 for no limit; set it at connection.tune-ok.</summary>
    public int FrameMax { get; set; } = frameMax;

    /// <summary>The protocol header, which comes before any frame; shorter than eight bytes where the stream ended.
    /// Valid until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadProtocolHeaderAsync(CancellationToken token = default)
    {
        while (_end - _start < HeaderSize && await FillAsync(HeaderSize, token).ConfigureAwait(false))
        {
        }

        var header = _buffer.AsMemory(_start, Math.Min(HeaderSize, _end - _start));
        _start += header.Length;
        return header;
    }

    /// <summary>The next frame, or null where the stream ends between two frames. Within a frame that end is an
    /// <see cref="EndOfStreamException"/>.</summary>
    public async ValueTask<Frame?> ReadAsync(CancellationToken token = default)
    {
        while (true)
        {
            if (TryRead(out var frame)) return frame;
            if (await FillAsync(Missing(), token).ConfigureAwait(false)) continue;
            return _start == _end ? null : throw new EndOfStreamException("The connection ended within a frame");
        }
    }

    /// <summary>The next frame if it is here already: those that came in one read need no wait between them.</summary>
    public bool TryRead(out Frame frame)
    {
        frame = default;
        var here = _buffer.AsMemory(_start, _end - _start);
        if (!TryReadLength(here.Span, out var length)) return false;

        var whole = Frame.Overhead + length;
        if (here.Length < whole) return false;
        if (here.Span[whole - 1] != Frame.End)
            throw AmqpSyntaxException.Frame($"A frame ends with 0x{here.Span[whole - 1]:X2} where 0xCE belongs");

        frame = new Frame((FrameType)here.Span[0], BinaryPrimitives.ReadUInt16BigEndian(here.Span[1..]),
            here.Slice(Frame.HeadSize, length));
        _start += whole;
        return true;
    }

    private bool TryReadLength(ReadOnlySpan<byte> here, out int length)
    {
        length = 0;
        if (here.Length < Frame.HeadSize) return false;

        if (here[0] is not ((byte)FrameType.Method or (byte)FrameType.Header or (byte)FrameType.Body
            or (byte)FrameType.Heartbeat))
            throw AmqpSyntaxException.Frame($"There is no frame type {here[0]}");

        var claimed = BinaryPrimitives.ReadUInt32BigEndian(here[3..]);
        var most = (FrameMax == 0 ? LargestFrame : FrameMax) - Frame.Overhead;
        if (claimed > (uint)most)
            throw AmqpSyntaxException.Frame($"A frame of {claimed} bytes exceeds the {most} of frame-max");
        length = (int)claimed;
        return true;
    }

    private int Missing() =>
        TryReadLength(_buffer.AsSpan(_start, _end - _start), out var length)
            ? Frame.Overhead + length
            : Frame.HeadSize;

    private async ValueTask<bool> FillAsync(int wanted, CancellationToken token)
    {
        MakeRoom(wanted);
        var read = await input.ReadAsync(_buffer.AsMemory(_end), token).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    // It grows with what has come, not with what a head claims: a claim costs its sender nothing.
    private void MakeRoom(int wanted)
    {
        var held = _end - _start;
        var size = wanted <= _buffer.Length || held < _buffer.Length ? _buffer.Length : _buffer.Length * 2;
        if (size == _buffer.Length && _start + wanted <= size && _end < size) return;

        var target = size == _buffer.Length ? _buffer : new byte[size];
        _buffer.AsSpan(_start, held).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, held);
    }
}
