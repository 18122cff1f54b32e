namespace Broker.Client.Tests.Consuming;

public sealed class ConsumerOptionsTests
{
    [Theory]
    [InlineData(null, 1, 64)]
    [InlineData(null, 16, 64)]
    [InlineData(null, 17, 68)]
    [InlineData(null, 16_000, 64_000)]
    [InlineData((ushort)1, 1, 1)]
    [InlineData((ushort)500, 8, 500)]
    public void The_prefetch_is_what_was_set_or_four_for_each_lane(ushort? prefetch, int concurrency, int expected)
    {
        var options = new ConsumerOptions { Prefetch = prefetch, Concurrency = concurrency }.Freeze();

        Assert.Equal(expected, options.EffectivePrefetch);
    }

    public static TheoryData<string, ConsumerOptions> Refused => new()
    {
        { "ConsumerOptions.Prefetch", new() { Prefetch = 0 } },
        { "ConsumerOptions.Concurrency", new() { Concurrency = 0 } },
        { "ConsumerOptions.Concurrency", new() { Concurrency = 16_001 } },
        { "ConsumerOptions.MaxBodyBytes", new() { MaxBodyBytes = 0 } },
        { "ConsumerOptions.MaxHeaders", new() { MaxHeaders = -1 } },
        { "ConsumerOptions.MaxHeaderDepth", new() { MaxHeaderDepth = 17 } },
        { "ConsumerOptions.MaxHeaderBytes", new() { MaxHeaderBytes = 100_000 } },
        { "ConsumerOptions.Prefetch (3) is below Concurrency (4)", new() { Prefetch = 3, Concurrency = 4 } },
        { "ConsumerOptions.DrainTimeout", new() { DrainTimeout = TimeSpan.Zero } },
        { "ConsumerOptions.DrainTimeout", new() { DrainTimeout = Timeout.InfiniteTimeSpan } },
        { "FailurePolicy", new() { FailurePolicy = null! } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_cannot_work_is_refused_by_name(string expected, ConsumerOptions options)
    {
        var error = Assert.ThrowsAny<ArgumentException>(options.Freeze);

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_copy_does_not_follow_its_original()
    {
        var options = new ConsumerOptions { Arguments = { ["a"] = 1 } };

        var frozen = options.Freeze();
        options.Concurrency = 9;
        options.Arguments["b"] = 2;

        Assert.Equal(1, frozen.Concurrency);
        Assert.Equal(["a"], frozen.Arguments.Keys);
    }

    [Fact]
    public void Only_what_was_set_is_sent()
    {
        Assert.Empty(new ConsumerOptions { Exclusive = true }.ToArguments());
        Assert.Equal(
            new Dictionary<string, object?> { ["x-priority"] = 0, ["a"] = "b" },
            new ConsumerOptions { Priority = 0, Arguments = { ["a"] = "b" } }.ToArguments());
    }

    [Fact]
    public async Task A_client_refuses_a_consumer_that_cannot_work_before_it_connects()
    {
        await using var client = new BrokerClient("amqp://h");

        await Assert.ThrowsAsync<ArgumentException>(async () => await client.ConsumeAsync("", _ => { }));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await client.ConsumeAsync("q", (Action<Delivery>)null!));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await client.ConsumeAsync("q", _ => { }, new ConsumerOptions { Concurrency = 0 }));
        Assert.Throws<ArgumentException>(() => client.ReadAsync("q", new ConsumerOptions { AckMode = AckMode.BeforeHandler }));
        Assert.Throws<ArgumentException>(() => client.ReadAsync(""));

        Assert.Equal(BrokerConnectionState.Idle, client.State);
    }
}
