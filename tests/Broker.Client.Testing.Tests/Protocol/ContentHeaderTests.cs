namespace Broker.Client.Testing.Tests.Protocol;

public sealed class ContentHeaderTests
{
    [Fact]
    public void Every_property_reads_back_and_the_bytes_stay_the_same()
    {
        var bytes = Samples.Bytes(ContentHeader.Of(Samples.EveryProperty, 1234));

        var read = ContentHeader.Read(bytes);

        Assert.Equal(1234u, read.BodySize);
        Assert.Equivalent(Samples.EveryProperty, read.Properties, strict: true);
        Assert.Equal(bytes, Samples.Bytes(read));
    }

    [Fact]
    public void No_property_is_a_word_of_no_flags()
    {
        var header = ContentHeader.Of(MessageProperties.None, 0);
        Assert.Equal([0, 0], header.RawProperties.ToArray());
        Assert.Equal(MessageProperties.None, ContentHeader.Read(Samples.Bytes(header)).Properties);
    }

    [Fact]
    public void What_a_reader_cannot_hold_is_still_delivered_as_it_came()
    {
        // A header that comes twice: only the last value is kept in the dictionary, both stay in the bytes.
        byte[] raw = [0x20, 0, 0, 0, 0, 8, 1, (byte)'k', (byte)'t', 1, 1, (byte)'k', (byte)'t', 0];
        byte[] bytes = [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. raw];

        var read = ContentHeader.Read(bytes);

        Assert.Equal(false, Assert.Single(read.Properties.Headers!).Value);
        Assert.Equal(bytes, Samples.Bytes(read));
    }

    [Theory]
    [InlineData("003C0000000000000000000000" + "01")]
    [InlineData("003C00000000000000000000" + "0002")]
    [InlineData("003C00010000000000000000" + "0000")]
    [InlineData("003200000000000000000000" + "0000")]
    [InlineData("003C00000000000000000000" + "0000" + "00")]
    public void Undefined_flags_weight_class_and_leftovers_are_refused(string hex) =>
        Assert.Throws<AmqpSyntaxException>(() => ContentHeader.Read(Convert.FromHexString(hex)));
}
