using System.Text;
using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

public sealed class HeaderMeasureTests
{
    private static readonly InboundLimits s_limits = InboundLimits.Of(new BrokerOptions(), new ConsumerOptions());

    [Fact]
    public void What_fits_has_no_excess()
    {
        Assert.Null(Excess(null));
        Assert.Null(Excess([]));
        Assert.Null(Excess(Enumerable.Range(0, 128).ToDictionary(number => $"{number}", static number => (object?)number)));
        Assert.Null(Excess(new() { ["large"] = new byte[65_525] }));
        Assert.Null(Excess(new() { ["deep"] = Nested(8) }));
    }

    [Fact]
    public void What_does_not_is_named_with_the_option_that_says_so()
    {
        Assert.Equal(
            "has 129 headers, more than ConsumerOptions.MaxHeaders (128)",
            Excess(Enumerable.Range(0, 129).ToDictionary(number => $"{number}", static number => (object?)number)));
        Assert.Equal("has more bytes of headers than ConsumerOptions.MaxHeaderBytes (65536)", Excess(new() { ["large"] = new byte[65_526] }));
        Assert.Equal("has headers nested deeper than ConsumerOptions.MaxHeaderDepth (8)", Excess(new() { ["deep"] = Nested(9) }));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("binary")]
    [InlineData("list")]
    [InlineData("table")]
    [InlineData("name")]
    public void Bytes_count_wherever_they_are(string where)
    {
        var large = new byte[66_000];

        Assert.NotNull(Excess(where switch
        {
            "text" => new() { ["x"] = large },
            "binary" => new() { ["x"] = new BinaryTableValue(large) },
            "list" => new() { ["x"] = new List<object?> { large } },
            "table" => new() { ["x"] = new Dictionary<string, object?> { ["y"] = large } },
            _ => new() { [Encoding.UTF8.GetString(new byte[66_000])] = null },
        }));
    }

    [Fact]
    public void A_list_of_nothings_is_no_way_around()
    {
        Assert.NotNull(Excess(new() { ["x"] = Enumerable.Repeat<object?>(null, 70_000).ToList() }));
    }

    [Fact]
    public void Nesting_without_end_costs_no_stack()
    {
        Assert.NotNull(Excess(new() { ["deep"] = Nested(100_000) }));
        Assert.NotNull(Deliveries.New(new BasicProperties { Headers = new Dictionary<string, object?> { ["deep"] = Nested(100_000) } }).Headers["deep"]);
    }

    [Fact]
    public void What_fits_the_headers_of_a_copy_is_refused_at_no_door()
    {
        var many = Enumerable.Range(0, 6_400).ToDictionary(number => $"{number:0000}", static _ => (object?)Array.Empty<byte>());
        Assert.Null(HeaderMeasure.Excess(many, InboundLimits.OfCopies with { HeaderBytes = 64_000 }));
        var largest = new Dictionary<string, object?> { ["deep"] = Nested(InboundLimits.MostHeaderDepth), ["large"] = new byte[InboundLimits.MostHeaderBytes - 500] };

        Assert.Null(HeaderMeasure.Excess(largest, InboundLimits.OfCopies));
        MessageCheck.Validate(new Message { Headers = largest }, int.MaxValue);
        MessageCheck.Validate(new Message { Headers = many }, int.MaxValue);
    }

    [Fact]
    public void Looking_at_what_fits_allocates_nothing()
    {
        var headers = new Dictionary<string, object?> { ["a"] = 1, ["b"] = new byte[10], ["c"] = new Dictionary<string, object?> { ["d"] = 2L } };
        HeaderMeasure.Excess(headers, s_limits);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var time = 0; time < 1000; time++)
            HeaderMeasure.Excess(headers, s_limits);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string? Excess(Dictionary<string, object?>? headers) => HeaderMeasure.Excess(headers, s_limits);

    private static object Nested(int deep)
    {
        object nested = 1;
        for (var level = 0; level < deep; level++)
            nested = level % 2 == 0 ? new Dictionary<string, object?> { ["in"] = nested } : new List<object?> { nested };
        return nested;
    }
}
