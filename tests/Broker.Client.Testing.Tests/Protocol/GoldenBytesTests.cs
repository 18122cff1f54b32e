namespace Broker.Client.Testing.Tests.Protocol;

/// <summary>Bytes written down from the specification, so that reader and writer cannot agree on a mistake.</summary>
public sealed class GoldenBytesTests
{
    [Fact]
    public void A_publish_with_its_content_is_three_frames()
    {
        var writer = new AmqpWriter();
        writer.ContentFrames(1, new BasicPublish("", "q", Mandatory: true, Immediate: false),
            ContentHeader.Of(new MessageProperties { DeliveryMode = 2 }, 2), "hi"u8, 4096);

        Assert.Equal(
            "01" + "0001" + "0000000A" + "003C0028" + "0000" + "00" + "0171" + "01" + "CE" +
            "02" + "0001" + "0000000F" + "003C" + "0000" + "0000000000000002" + "1000" + "02" + "CE" +
            "03" + "0001" + "00000002" + "6869" + "CE",
            Convert.ToHexString(writer.ToArray()));
    }

    [Fact]
    public void A_heartbeat_is_eight_bytes() =>
        Assert.Equal("08" + "0000" + "00000000" + "CE",
            Convert.ToHexString(new AmqpWriter().HeartbeatFrame().ToArray()));

    [Fact]
    public void The_protocol_header_is_AMQP_and_0_9_1() =>
        Assert.Equal("414D515000000901", Convert.ToHexString(FrameWriter.ProtocolHeader));

    [Fact]
    public void A_queue_declare_packs_its_bits_into_one_octet()
    {
        var arguments = new Dictionary<string, object?> { ["x-max-length"] = 10 };
        Assert.Equal(
            "0032000A" + "0000" + "0171" + "12" + "00000012" + "0C" + "782D6D61782D6C656E677468" + "49" + "0000000A",
            Hex(new QueueDeclare("q", false, true, false, false, true, arguments)));
    }

    [Fact]
    public void An_ack_is_a_tag_and_a_bit() =>
        Assert.Equal("003C0050" + "0000000000000007" + "01", Hex(new BasicAck(7, true)));

    [Fact]
    public void A_close_tells_which_method_failed() =>
        Assert.Equal("00140028" + "0194" + "026E6F" + "0032" + "000A", Hex(new ChannelClose(404, "no", 50, 10)));

    [Theory]
    [InlineData("t01", true)]
    [InlineData("bFF", (sbyte)-1)]
    [InlineData("BFF", (byte)255)]
    [InlineData("sFFFE", (short)-2)]
    [InlineData("uFFFE", (ushort)65534)]
    [InlineData("IFFFFFFFD", -3)]
    [InlineData("iFFFFFFFD", 4294967293u)]
    [InlineData("lFFFFFFFFFFFFFFFC", -4L)]
    [InlineData("LFFFFFFFFFFFFFFFC", 18446744073709551612ul)]
    [InlineData("f3FC00000", 1.5f)]
    [InlineData("d3FF8000000000000", 1.5d)]
    [InlineData("S000000026869", "hi")]
    [InlineData("x000000026869", new byte[] { 0x68, 0x69 })]
    [InlineData("V", null)]
    public void A_value_of_a_table_has_its_type_and_width(string value, object? expected)
    {
        var read = ReadValue(value);
        Assert.Equal(expected, read);
        Assert.Equal(expected?.GetType(), read?.GetType());
    }

    [Fact]
    public void A_long_string_that_is_no_text_goes_out_as_it_came()
    {
        var read = Assert.IsType<RawText>(ReadValue("S00000001FF"));
        var table = new AmqpWriter().Table(new Dictionary<string, object?> { ["k"] = read }).ToArray();
        Assert.Equal("00000008" + "016B" + "53" + "00000001" + "FF", Convert.ToHexString(table));
        Assert.Equal(new RawText([0xFF]), read);
    }

    [Fact]
    public void A_decimal_is_a_scale_and_a_signed_number()
    {
        Assert.Equal(-0.25m, ReadValue("D02FFFFFFE7"));
        Assert.Equal(-214748364.8m, ReadValue("D0180000000"));
    }

    [Fact]
    public void A_timestamp_is_seconds_since_1970() =>
        Assert.Equal(new DateTimeOffset(2001, 9, 9, 1, 46, 40, TimeSpan.Zero), ReadValue("T000000003B9ACA00"));

    [Fact]
    public void Lists_and_tables_are_measured_in_bytes()
    {
        Assert.Equal(new List<object?> { true, null }, ReadValue("A00000003" + "7401" + "56"));
        var value = ReadValue("F00000004" + "0161" + "7400");
        var table = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(value);
        Assert.Equal(false, Assert.Single(table).Value);
    }

    private static string Hex(Method method) => Convert.ToHexString(Samples.Bytes(method));

    private static object? ReadValue(string typeAndHex)
    {
        var bytes = Convert.FromHexString(typeAndHex[1..]);
        byte[] table = [0, 0, 0, (byte)(3 + bytes.Length), 1, (byte)'k', (byte)typeAndHex[0], .. bytes];
        return new AmqpReader(table).Table()["k"];
    }
}
