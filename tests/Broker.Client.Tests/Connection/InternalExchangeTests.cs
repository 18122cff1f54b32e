using System.Buffers.Binary;
using System.Text;

namespace Broker.Client.Tests.Connection;

public sealed class InternalExchangeTests
{
    private const int Channel = 513;

    [Theory]
    [InlineData(0b0000_0000)]
    [InlineData(0b0000_0010)]
    [InlineData(0b0001_0110)]
    public void Exactly_the_bit_of_an_internal_exchange_is_set(byte flags)
    {
        var frame = Declaration("logs", "topic", flags);

        var marked = InternalExchange.TryMark(frame, Channel)!;

        var differing = Enumerable.Range(0, frame.Length).Where(index => frame[index] != marked[index]).ToArray();
        var bits = Assert.Single(differing);
        Assert.Equal(frame.Length, marked.Length);
        Assert.Equal(flags | 0b0000_1000, marked[bits]);
        Assert.Equal(7 + 4 + 2 + 5 + 6, bits);
    }

    [Fact]
    public void The_frame_that_was_given_is_left_alone()
    {
        var frame = Declaration("logs", "topic", 2);
        var before = frame.ToArray();

        _ = InternalExchange.TryMark(frame, Channel);

        Assert.Equal(before, frame);
    }

    [Fact]
    public void The_longest_names_are_passed_over()
    {
        var frame = Declaration(new string('n', 255), new string('t', 255), 2);

        var marked = InternalExchange.TryMark(frame, Channel)!;

        Assert.Equal(2 | 8, marked[7 + 6 + 256 + 256]);
    }

    [Fact]
    public void What_follows_the_frame_in_the_same_write_is_kept()
    {
        byte[] write = [.. Declaration("x", "fanout", 2), 8, 0, 0, 0, 0, 0, 0, 206];

        var marked = InternalExchange.TryMark(write, Channel)!;

        Assert.Equal(write[^8..], marked[^8..]);
    }

    [Fact]
    public void Another_channels_declaration_is_left_alone()
    {
        Assert.Null(InternalExchange.TryMark(Declaration("logs", "topic", 2), Channel + 1));
        Assert.Null(InternalExchange.TryMark(Declaration("logs", "topic", 2), 1));
    }

    [Theory]
    [InlineData(0, 2)] // a header frame, not a method's
    [InlineData(7 + 1, 50)] // queue, not exchange
    [InlineData(7 + 3, 20)] // exchange.delete
    public void Another_frame_is_left_alone(int position, byte value)
    {
        var frame = Declaration("logs", "topic", 2);
        frame[position] = value;

        Assert.Null(InternalExchange.TryMark(frame, Channel));
    }

    [Fact]
    public void What_is_too_short_for_a_declaration_is_left_alone()
    {
        var frame = Declaration("logs", "topic", 2);

        for (var length = 0; length < 15; length++)
            Assert.Null(InternalExchange.TryMark(frame.AsSpan(0, length), Channel));
    }

    private static byte[] Declaration(string name, string type, byte flags)
    {
        byte[] payload =
        [
            0, 40, 0, 10, 0, 0,
            (byte)name.Length, .. Encoding.UTF8.GetBytes(name),
            (byte)type.Length, .. Encoding.UTF8.GetBytes(type),
            flags, 0, 0, 0, 0,
        ];
        var header = new byte[7];
        header[0] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(1), Channel);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(3), (uint)payload.Length);
        return [.. header, .. payload, 206];
    }
}
