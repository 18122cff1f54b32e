using System.Buffers.Binary;

namespace Broker.Client;

/// <summary>
/// Looks at what comes in, frame by frame, for headers that are nested so deep that the driver, which reads them by recursion, would run
/// out of stack: that ends the process, and any publisher could do it, with one message of less than a frame. What is
/// nested deeper than <see cref="MostDepth"/> becomes bytes to the driver, by a change of the one octet that names its type.
/// </summary>
/// <remarks>A level takes five bytes at least, so that most headers are too short to be looked at.</remarks>
internal sealed class NestingGuard
{
    /// <summary>Far more than a consumer may allow, so that such a message is put aside for its depth.</summary>
    public const int MostDepth = 64;

    /// <summary>A header of up to so many bytes can be nested 800 times, which any stack has room for.</summary>
    public const int Harmless = 4 * 1024;

    private const int OwnBytes = 7;
    private const byte HeaderFrame = 2;

    private readonly byte[] _own = new byte[OwnBytes]; // type, channel and size, where they come in pieces
    private readonly HeaderWalk _walk = new();
    private int _have;
    private long _left; // of the payload, and the octet that ends the frame
    private bool _isWalking;

    /// <summary>The next bytes that have come, before anyone else sees them.</summary>
    public void Look(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_left == 0)
            {
                var taken = Begin(bytes);
                bytes = bytes[taken..];
                continue;
            }

            var count = (int)Math.Min(_left, bytes.Length);
            if (_isWalking)
                _walk.Go(bytes[..(int)Math.Min(_left - 1, count)]);
            _left -= count;
            bytes = bytes[count..];
        }
    }

    private int Begin(Span<byte> bytes)
    {
        if (_have == 0 && bytes.Length >= OwnBytes)
        {
            Begin(bytes[0], BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]));
            return OwnBytes;
        }

        var count = Math.Min(OwnBytes - _have, bytes.Length);
        bytes[..count].CopyTo(_own.AsSpan(_have));
        _have += count;
        if (_have == OwnBytes)
        {
            _have = 0;
            Begin(_own[0], BinaryPrimitives.ReadUInt32BigEndian(_own.AsSpan(3)));
        }

        return count;
    }

    private void Begin(byte type, uint size)
    {
        _left = size + 1L;
        _isWalking = type == HeaderFrame && size > Harmless;
        if (_isWalking)
            _walk.Begin();
    }
}
