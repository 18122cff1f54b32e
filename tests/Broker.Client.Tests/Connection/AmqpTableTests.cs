using System.Collections;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Connection;

public sealed class AmqpTableTests
{
    [Fact]
    public void Bytes_that_are_text_are_read_as_text()
    {
        Assert.Equal("héllo €", AmqpTable.FromDriver("héllo €"u8.ToArray()));
        Assert.Equal("", AmqpTable.FromDriver(Array.Empty<byte>()));
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe })]
    [InlineData(new byte[] { 0x68, 0xc3 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void Bytes_that_are_no_text_stay_bytes(byte[] bytes)
    {
        Assert.Equal(bytes, Assert.IsType<byte[]>(AmqpTable.FromDriver(bytes)));
    }

    [Fact]
    public void Nested_tables_and_lists_are_read_to_their_depth()
    {
        var death = new Dictionary<string, object?> { ["reason"] = "rejected"u8.ToArray(), ["time"] = new AmqpTimestamp(60), ["keys"] = new List<object?> { "k"u8.ToArray(), null, 7L } };

        var read = AmqpTable.FromDriver(new List<object?> { death });

        var table = Assert.IsAssignableFrom<IDictionary<string, object?>>(Assert.Single(Assert.IsAssignableFrom<IList>(read)!));
        Assert.Equal("rejected", table["reason"]);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(60), table["time"]);
        Assert.Equal(["k", null, 7L], Assert.IsAssignableFrom<IEnumerable<object?>>(table["keys"]));
    }

    [Fact]
    public void Binary_values_are_read_as_bytes()
    {
        Assert.Equal("text"u8.ToArray(), AmqpTable.FromDriver(new BinaryTableValue("text"u8.ToArray())));
    }

    [Theory]
    [InlineData(-62_135_596_800, true)]
    [InlineData(253_402_300_799, true)]
    [InlineData(-62_135_596_801, false)]
    [InlineData(253_402_300_800, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(long.MinValue, false)]
    public void A_timestamp_outside_of_the_calendar_is_none(long seconds, bool isTime)
    {
        var time = AmqpTable.FromTimestamp(new AmqpTimestamp(seconds));

        Assert.Equal(isTime ? seconds : null, time?.ToUnixTimeSeconds());
    }

    [Fact]
    public void No_entries_are_no_table()
    {
        Assert.Null(AmqpTable.ToDriver(new Dictionary<string, object?>()));
    }

    [Fact]
    public void Times_are_written_in_whole_seconds_wherever_they_stand()
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1999);

        var written = AmqpTable.ToDriver(new Dictionary<string, object?>
        {
            ["plain"] = time,
            ["list"] = new[] { time },
            ["table"] = new Dictionary<string, object?> { ["in"] = time },
        })!;

        Assert.Equal(new AmqpTimestamp(1), written["plain"]);
        Assert.Equal([new AmqpTimestamp(1)], Assert.IsAssignableFrom<IEnumerable<object?>>(written["list"]));
        Assert.Equal(new AmqpTimestamp(1), Assert.IsAssignableFrom<IDictionary<string, object?>>(written["table"])["in"]);
    }

    [Fact]
    public void Everything_else_is_written_as_it_is()
    {
        object?[] values = ["text", new byte[] { 1 }, true, (sbyte)-1, (byte)1, (short)-2, 3, 4L, 1.5f, 2.5, 1.25m, null];
        var table = values.Select((value, index) => KeyValuePair.Create($"{index}", value)).ToDictionary();

        var written = AmqpTable.ToDriver(table)!;

        Assert.Equal(values, written.Values);
    }
}
