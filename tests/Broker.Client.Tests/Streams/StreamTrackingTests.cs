using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Streams;

/// <summary>What a consumer of a stream makes of what arrives, over its channels.</summary>
public sealed class StreamTrackingTests
{
    private readonly List<(long From, long Count)> _lost = [];

    [Fact]
    public void What_a_filter_does_not_want_counts_as_handled()
    {
        var tracking = Tracking(StreamFilter.Of("eu"));

        Assert.Equal(StreamArrival.New, tracking.Arrive(Event(0, "eu"), isFirst: true));
        Assert.Equal(StreamArrival.Handled, tracking.Arrive(Event(1, "us"), isFirst: false));
        Assert.Equal(StreamArrival.Handled, tracking.Arrive(Event(2, null), isFirst: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_no_longer_kept_after_a_reconnect_holds_the_position_up_no_longer(bool filters)
    {
        var tracking = Tracking(filters ? StreamFilter.Of("eu") : null);
        tracking.Arrive(Event(0, "eu"), isFirst: true);

        tracking.Arrive(Event(100, "eu"), isFirst: true);

        Assert.Equal(100, tracking.Position.Next);
        Assert.Equal(filters ? [] : [(0L, 100L)], _lost); // how many of them a filter would have left out nobody knows
    }

    [Fact]
    public void A_delivery_without_an_offset_is_as_good_as_new()
    {
        var tracking = Tracking(null);

        Assert.Equal(StreamArrival.New, tracking.Arrive(Deliveries.New(), isFirst: true));
        tracking.Handle(Deliveries.New());

        Assert.Null(tracking.Position.Next);
    }

    private StreamTracking Tracking(StreamFilter? filter) => new() { Filter = filter, Lost = (from, count) => _lost.Add((from, count)) };

    private static AmqpDelivery Event(long offset, string? value)
    {
        var headers = new Dictionary<string, object?> { ["x-stream-offset"] = offset };
        if (value is not null)
            headers["x-stream-filter-value"] = System.Text.Encoding.UTF8.GetBytes(value);
        return Deliveries.New(new BasicProperties { Headers = headers });
    }
}
