namespace Broker.Client.Tests.Streams;

/// <summary>How a stream is declared, and what is refused before there is any I/O.</summary>
public sealed class StreamOptionsTests
{
    [Theory]
    [InlineData(7 * 86_400, "7D")]
    [InlineData(3_600, "1h")]
    [InlineData(5_400, "90m")]
    [InlineData(61, "61s")]
    public void An_age_is_written_in_the_largest_unit_that_fits(int seconds, string expected)
    {
        var queue = new StreamOptions { MaxAge = TimeSpan.FromSeconds(seconds) }.ToQueue("events");

        Assert.Equal(expected, queue.ToArguments()["x-max-age"]);
    }

    [Fact]
    public void Of_arguments_only_what_was_set_is_sent()
    {
        Assert.Equal(["x-queue-type"], new StreamOptions().ToQueue("events").ToArguments().Keys);

        var arguments = new StreamOptions { MaxBytes = 1_000, SegmentSize = 100, Replicas = 3, Arguments = { ["x-stream-filter-size-bytes"] = 32 } }
            .ToQueue("events").ToArguments();

        Assert.Equal(
            [("x-initial-cluster-size", 3), ("x-max-length-bytes", 1_000L), ("x-queue-type", "stream"), ("x-stream-filter-size-bytes", 32), ("x-stream-max-segment-size-bytes", 100L)],
            arguments.OrderBy(argument => argument.Key, StringComparer.Ordinal).Select(argument => (argument.Key, argument.Value!)));
    }

    [Fact]
    public async Task What_cannot_work_is_refused_before_there_is_any_connection()
    {
        await using var broker = new BrokerClient(new BrokerOptions { Endpoints = { new BrokerEndpoint("nowhere.invalid") } });
        StreamOptions[] wrong =
        [
            new() { MaxAge = TimeSpan.FromMilliseconds(10) }, new() { MaxBytes = 0 }, new() { SegmentSize = 0 },
            new() { SegmentSize = 4_000_000_000 }, new() { MaxBytes = 100, SegmentSize = 1_000 }, new() { Replicas = 0 },
        ];

        foreach (var options in wrong)
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => broker.DeclareStreamAsync("events", options).AsTask());
            Assert.Contains("Stream 'events' cannot be declared like this", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_subscription_that_cannot_work_is_refused_before_there_is_any_connection()
    {
        await using var broker = new BrokerClient(new BrokerOptions { Endpoints = { new BrokerEndpoint("nowhere.invalid") } });
        StreamSubscriptionOptions[] wrong =
        [
            new() { StoreEvery = 0 }, new() { StoreInterval = TimeSpan.Zero }, new() { Prefetch = 0 }, new() { Concurrency = 0 },
            new() { FailurePolicy = FailurePolicy.Requeue }, new() { FailurePolicy = FailurePolicy.DeadLetter },
            new() { FailurePolicy = FailurePolicy.Retry().ThroughBroker() }, new() { OrderingKey = _ => "key" },
        ];

        foreach (var options in wrong)
            await Assert.ThrowsAnyAsync<ArgumentException>(() => broker.SubscribeAsync("events", "reader", _ => { }, options).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => broker.SubscribeAsync("events", new string('n', 250), _ => { }).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => broker.ConsumeAsync("events", _ => { }, new() { StreamOffset = StreamOffset.Stored }).AsTask());
    }
}
