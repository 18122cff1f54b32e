using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

public sealed class PublishOrderTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Ten_thousand_sends_that_are_not_awaited_one_by_one_keep_their_order()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAllAsync(queue, Clients.Numbers(10_000));

        Assert.Equal(Clients.Numbers(10_000), await raw.TakeAsync(queue, 10_000));
    }

    [Fact]
    public async Task Several_channels_keep_the_order_of_each_key()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.Channels = 4);
        var queue = await broker.DeclareAsync(probe);

        await Task.WhenAll(Enumerable.Range(0, 4_000).Select(number =>
            broker.SendAsync(queue, $"{number % 7} {number / 7}", new PublishOptions { OrderingKey = $"key {number % 7}" }).AsTask())).InTime();

        var taken = await raw.TakeAsync(queue, 4_000);
        Assert.All(
            taken.Select(text => text.Split(' ')).GroupBy(parts => parts[0], parts => int.Parse(parts[1], null)),
            group => Assert.Equal(Enumerable.Range(0, group.Count()), group));
    }

    [Theory]
    [InlineData(1, 1_000_000)]
    [InlineData(64, 10)]
    public async Task A_narrow_window_slows_down_and_does_nothing_else(int messages, long bytes)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync(options =>
        {
            options.Publisher.WindowMessages = messages;
            options.Publisher.WindowBytes = bytes;
        });
        var queue = await broker.DeclareAsync(probe);
        var texts = Clients.Numbers(100).Select(number => $"{number} is longer than ten bytes").ToArray();

        await broker.SendAllAsync(queue, texts);

        Assert.Equal(texts, await raw.TakeAsync(queue, 100));
    }
}
