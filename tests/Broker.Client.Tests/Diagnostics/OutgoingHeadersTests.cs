namespace Broker.Client.Tests.Diagnostics;

public sealed class OutgoingHeadersTests
{
    private readonly OutgoingHeaders _headers = [];

    // As the driver sees them, and its tracing writes into them.
    private IDictionary<string, object?> Driver => _headers;

    [Fact]
    public void What_is_sealed_is_not_overwritten_by_the_driver()
    {
        _headers.Seal("traceparent", "ours");

        Driver["traceparent"] = "the driver's";
        Driver["other"] = 1;

        Assert.Equal([("other", 1), ("traceparent", "ours")], _headers.Select(each => (each.Key, each.Value!)).OrderBy(each => each.Key));
    }

    [Fact]
    public void For_the_next_message_nothing_is_sealed()
    {
        _headers.Seal("traceparent", "ours");
        _headers.Clear();

        Driver["traceparent"] = "the driver's";

        Assert.Equal("the driver's", Assert.Single(_headers).Value);
    }
}
