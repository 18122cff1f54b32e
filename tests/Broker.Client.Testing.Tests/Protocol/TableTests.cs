namespace Broker.Client.Testing.Tests.Protocol;

public sealed class TableTests
{
    [Fact]
    public void Every_type_reads_back_as_it_was_written()
    {
        var read = new AmqpReader(new AmqpWriter().Table(Samples.Table).Written.Span).Table();

        Assert.Equal(Samples.Table.Keys, read.Keys);
        foreach (var (name, value) in Samples.Table)
        {
            Assert.Equal(value?.GetType(), read[name]?.GetType());
            Assert.Equivalent(value, read[name], strict: true);
        }
    }

    [Fact]
    public void No_table_and_an_empty_one_are_four_zero_bytes()
    {
        Assert.Equal([0, 0, 0, 0], new AmqpWriter().Table(null).ToArray());
        Assert.Empty(new AmqpReader([0, 0, 0, 0]).Table());
    }

    [Fact]
    public void What_AMQP_cannot_hold_is_refused_by_name()
    {
        Assert.Throws<ArgumentException>(() => Write(new object()));
        Assert.Throws<ArgumentException>(() => Write(1e20m));
        Assert.Throws<ArgumentException>(() => new AmqpWriter().ShortString(new string('x', 256)));
    }

    [Fact]
    public void Nesting_is_limited()
    {
        object? value = null;
        for (var i = 0; i < 31; i++) value = new List<object?> { value };
        Assert.Single(Read(Write(value)));

        Assert.Throws<AmqpSyntaxException>(() => Read(Write(new List<object?> { value })));
    }

    [Fact]
    public void The_number_of_values_is_limited_across_the_nesting()
    {
        var half = Enumerable.Repeat((object?)true, 40_000).ToList();
        Assert.Single(Read(Write(half)));
        Assert.Throws<AmqpSyntaxException>(() => Read(Write(new List<object?> { half, half })));
    }

    private static byte[] Write(object? value) =>
        new AmqpWriter().Table(new Dictionary<string, object?> { ["k"] = value }).ToArray();

    private static IReadOnlyDictionary<string, object?> Read(byte[] bytes) => new AmqpReader(bytes).Table();
}
