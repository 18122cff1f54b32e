namespace Broker.Client.Testing.Tests.Protocol;

public sealed class FrameReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Frames_are_cut_wherever_the_reads_fall(int pieces)
    {
        var body = new byte[70_000];
        new Random(1).NextBytes(body);
        var writer = new AmqpWriter();
        writer.Raw(FrameWriter.ProtocolHeader).HeartbeatFrame();
        writer.ContentFrames(3, new BasicPublish("e", "k", true, false),
            ContentHeader.Of(Samples.EveryProperty, 70_000), body, 32_768);
        var reader = new FrameReader(new SlicedStream(writer.ToArray(), pieces), 32_768);

        Assert.Equal("AMQP\0\0\x09\x01"u8.ToArray(), await reader.ReadProtocolHeaderAsync());
        Assert.Equal(FrameType.Heartbeat, (await reader.ReadAsync())!.Value.Type);
        Assert.IsType<BasicPublish>(Method.Read((await reader.ReadAsync())!.Value.Payload.Span));
        Assert.Equal(70_000u, ContentHeader.Read((await reader.ReadAsync())!.Value.Payload.Span).BodySize);
        var together = new List<byte>();
        while (await reader.ReadAsync() is { } frame)
        {
            Assert.Equal((FrameType.Body, 3), (frame.Type, frame.Channel));
            together.AddRange(frame.Payload.Span);
        }

        Assert.Equal(body, together);
    }

    [Theory]
    [InlineData("0800000000000000")]
    [InlineData("0400000000000000")]
    [InlineData("030001000FFFFF00")]
    [InlineData("03000100000FF9")]
    [InlineData("03000180000000")]
    public async Task A_wrong_end_type_or_length_is_501(string hex)
    {
        var reader = new FrameReader(new MemoryStream(Convert.FromHexString(hex)), 4096);
        var error = await Assert.ThrowsAsync<AmqpSyntaxException>(async () => await reader.ReadAsync());
        Assert.Equal(501, error.ReplyCode);
    }

    [Fact]
    public async Task The_largest_frame_that_frame_max_allows_passes()
    {
        var bytes = new AmqpWriter().BodyFrames(1, new byte[4096 - 8], 4096).ToArray();
        Assert.Equal(4096, bytes.Length);
        Assert.NotNull(await new FrameReader(new MemoryStream(bytes), 4096).ReadAsync());
    }

    [Fact]
    public async Task A_stream_that_ends_within_a_frame_says_so()
    {
        var bytes = new AmqpWriter().MethodFrame(1, new BasicAck(1, false)).ToArray();
        for (var length = 1; length < bytes.Length; length++)
        {
            var reader = new FrameReader(new MemoryStream(bytes[..length]));
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.ReadAsync());
        }
    }

    private sealed class SlicedStream(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default) =>
            base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], token);
    }
}
