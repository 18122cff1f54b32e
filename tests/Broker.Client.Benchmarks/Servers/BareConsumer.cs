using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Broker.Client.Benchmarks.Servers;

/// <summary>A consumer of the source: one delivery, encoded once, that goes out with one number after the other.</summary>
internal sealed class BareConsumer
{
    private const int MostAtOnce = 64;

    private readonly byte[] _delivery;
    private readonly int _tagAt;
    private readonly int _prefetch; // 0 for one that does not acknowledge
    private readonly bool[] _finished; // by number, of those that are out
    private ulong _next = 1;
    private ulong _oldest = 1;
    private int _out;

    public BareConsumer(ushort channel, string queue, ReadOnlySpan<byte> tag, int prefetch)
    {
        var size = int.Parse(queue.AsSpan(queue.LastIndexOf('.') + 1), CultureInfo.InvariantCulture);
        byte[] exchange = [0];
        byte[] method = [0, 60, 0, 60, (byte)tag.Length, .. tag, .. new byte[8], 0, .. exchange, .. Short(queue)];
        byte[] header = [0, 60, 0, 0, .. new byte[8], 0x10, 0, 2];
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(4), size);
        _delivery = [.. Frame(1, channel, method), .. Frame(2, channel, header), .. Frame(3, channel, new byte[size])];
        _tagAt = 7 + 5 + tag.Length;
        _prefetch = prefetch;
        _finished = new bool[Math.Max(prefetch, 1) * 16];
    }

    /// <summary>Whether more may go out.</summary>
    public bool HasCredit => _prefetch == 0 || (_out < _prefetch && _next - _oldest < (ulong)_finished.Length);

    /// <summary>Appends some deliveries, where it may.</summary>
    public void Deliver(IBufferWriter<byte> output)
    {
        for (var count = 0; count < MostAtOnce && HasCredit; count++, _next++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_delivery.AsSpan(_tagAt), _next);
            output.Write(_delivery);
            if (_prefetch > 0)
            {
                _finished[_next % (ulong)_finished.Length] = false;
                _out++;
            }
        }
    }

    /// <summary>A verdict of whichever kind.</summary>
    public void Finish(ulong tag, bool multiple)
    {
        if (tag == 0)
            tag = _next - 1;
        if (tag < _oldest || tag >= _next)
            return;
        for (var each = multiple ? _oldest : tag; each <= tag; each++)
        {
            ref var finished = ref _finished[each % (ulong)_finished.Length];
            _out -= finished ? 0 : 1;
            finished = true;
        }

        while (_oldest < _next && _finished[_oldest % (ulong)_finished.Length])
            _oldest++;
    }

    private static byte[] Frame(byte type, ushort channel, ReadOnlySpan<byte> payload)
    {
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, payload.Length);
        return [type, (byte)(channel >> 8), (byte)channel, .. size, .. payload, 0xCE];
    }

    private static byte[] Short(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
