using System.Buffers.Binary;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>Cuts the bytes of one direction of a connection into frames, and gives the methods among them.</summary>
internal sealed class WireMethods
{
    private const int Head = 7, Overhead = 8, ProtocolHeader = 8;

    private byte[] _rest = [];

    public IEnumerable<(ushort Channel, byte[] Method)> Add(ReadOnlyMemory<byte> bytes)
    {
        byte[] here = [.. _rest, .. bytes.Span];
        var start = here is [(byte)'A', ..] ? ProtocolHeader : 0;
        while (here.Length - start >= Head)
        {
            var frame = here.AsSpan(start);
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(frame[3..]);
            if (frame.Length < length + Overhead)
                break;
            if (frame[0] == 1)
                yield return (BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), frame.Slice(Head, length).ToArray());
            start += length + Overhead;
        }

        _rest = here[start..];
    }
}
