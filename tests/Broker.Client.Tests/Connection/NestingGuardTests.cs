using System.Buffers.Binary;
using System.Text;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Connection;

/// <summary>Headers that would have the driver run out of stack, and all others, which must come through as they are.</summary>
public sealed class NestingGuardTests
{
    public static TheoryData<char, int> Deep => new() { { 'F', 18_000 }, { 'A', 25_000 }, { 'F', 66 }, { 'A', 66 } };

    [Theory]
    [MemberData(nameof(Deep))]
    public void What_is_nested_too_deep_becomes_bytes_and_the_driver_reads_it(char type, int depth)
    {
        var frame = Header(Nested(type, depth), padding: NestingGuard.Harmless);

        foreach (var size in new[] { 1, 7, 1000, frame.Length })
        {
            var guarded = Guarded([.. Body(3), .. frame, .. Body(5)], size)[Body(3).Length..^Body(5).Length];

            Assert.Equal(1, guarded.Zip(frame).Count(static pair => pair.First != pair.Second));
            Assert.Equal(NestingGuard.MostDepth, DepthOf(Read(guarded)["deep"]));
        }
    }

    [Theory]
    [InlineData('F')]
    [InlineData('A')]
    public void What_is_not_stays_as_it_is(char type)
    {
        var frame = Header(Nested(type, NestingGuard.MostDepth), padding: NestingGuard.Harmless);

        Assert.Equal(frame, Guarded(frame, 1));
        Assert.Equal(NestingGuard.MostDepth - 1, DepthOf(Read(frame)["deep"])); // the innermost is empty, which is nothing to the driver
    }

    [Fact]
    public void Every_type_of_value_is_passed_by_and_what_comes_behind_them_is_seen()
    {
        byte[] values =
        [
            .. Entry("V"), .. Entry("t", 1), .. Entry("b", 1), .. Entry("B", 1), .. Entry("s", 2), .. Entry("u", 2), .. Entry("I", 4), .. Entry("i", 4),
            .. Entry("f", 4), .. Entry("D", 5), .. Entry("l", 8), .. Entry("d", 8), .. Entry("T", 8),
            .. Entry("S", 0, 0, 0, 3, 'F', 'F', 'F'), .. Entry("x", 0, 0, 0, 3, 'A', 'A', 'A'),
            .. Entry("A", 0, 0, 0, 4, 't', 1, 'b', 2), .. Entry("F", 0, 0, 0, 4, 1, 'n', 't', 1),
        ];
        var frame = Header([.. values, .. Nested('F', 100)], padding: NestingGuard.Harmless);
        var harmless = Header(values, padding: NestingGuard.Harmless);

        Assert.Equal(harmless, Guarded(harmless, 3));
        Assert.Equal(NestingGuard.MostDepth, DepthOf(Read(Guarded(frame, 3))["deep"]));
    }

    [Fact]
    public void Frames_of_any_kind_and_size_in_any_pieces_stay_as_they_are()
    {
        var random = new Random(7);
        var stream = new List<byte>();
        for (var number = 0; number < 300; number++)
        {
            stream.AddRange(random.Next(3) switch
            {
                0 => Body(random.Next(9000)),
                1 => Header(Nested("FA"[random.Next(2)], random.Next(60)), padding: random.Next(9000)),
                _ => Header([], padding: 0),
            });
        }

        foreach (var size in new[] { 1, 2, 5, 4096, 32 * 1024 })
            Assert.Equal(stream, Guarded([.. stream], size));
    }

    [Fact]
    public void A_header_that_lies_about_its_lengths_is_no_trouble()
    {
        var random = new Random(8);
        for (var round = 0; round < 300; round++)
        {
            var payload = new byte[5000];
            random.NextBytes(payload);
            payload.AsSpan(12, 2).Fill(0xff);
            Guarded(Frame(2, payload), random.Next(1, 200));
        }
    }

    private static byte[] Guarded(byte[] bytes, int pieces)
    {
        var guard = new NestingGuard();
        var copy = bytes.ToArray();
        for (var at = 0; at < copy.Length; at += pieces)
            guard.Look(copy.AsSpan(at, Math.Min(pieces, copy.Length - at)));
        return copy;
    }

    private static IDictionary<string, object?> Read(byte[] frame) => new ReadOnlyBasicProperties(frame.AsSpan(7 + 12, frame.Length - 7 - 12 - 1)).Headers!;

    private static int DepthOf(object? value) => value switch
    {
        IDictionary<string, object?> table => 1 + DepthOf(table.Values.Single()),
        List<object?> list => 1 + (list.Count == 0 ? 0 : DepthOf(list.Single())),
        _ => 0,
    };

    // A content header with a content type, a content encoding and these headers.
    private static byte[] Header(byte[] entries, int padding)
    {
        byte[] table = [.. Named("pad"), (byte)'S', .. Length(padding), .. new byte[padding], .. entries];
        return Frame(2, [0, 60, 0, 0, .. new byte[8], 0xe0, 0, 4, .. "text"u8, 2, .. "gz"u8, .. Length(table.Length), .. table]);
    }

    private static byte[] Body(int size) => Frame(3, new byte[size]);

    private static byte[] Frame(byte type, byte[] payload) => [type, 0, 1, .. Length(payload.Length), .. payload, 0xce];

    // A header "deep" that holds a table or an array in another, so many times.
    private static byte[] Nested(char type, int depth)
    {
        byte[] level = type == 'F' ? [1, (byte)'n', (byte)'F'] : [(byte)'A'];
        var size = level.Length + 4;
        var content = new byte[Math.Max(depth - 1, 0) * size];
        for (var at = 0; at < content.Length; at += size)
        {
            level.CopyTo(content, at);
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(at + level.Length), content.Length - at - size);
        }

        return depth == 0 ? [] : [.. Named("deep"), (byte)type, .. Length(content.Length), .. content];
    }

    private static byte[] Entry(string type, params int[] value) =>
        [.. Named(type), (byte)type[0], .. value is [var size] ? new byte[size] : value.Select(static each => (byte)each)];

    private static byte[] Named(string name) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name)];

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes;
    }
}
