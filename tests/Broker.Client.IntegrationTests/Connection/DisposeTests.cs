using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Connection;

public sealed class DisposeTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(15);

    private static Dictionary<string, Func<BrokerClient, Task>> Calls { get; } = new()
    {
        ["DeclareQueueAsync"] = client => client.DeclareQueueAsync("queue").AsTask(),
        ["FindQueueAsync"] = client => client.FindQueueAsync("queue").AsTask(),
        ["DeleteQueueAsync"] = client => client.DeleteQueueAsync("queue").AsTask(),
        ["PurgeQueueAsync"] = client => client.PurgeQueueAsync("queue").AsTask(),
        ["BindQueueAsync"] = client => client.BindQueueAsync("queue", "exchange").AsTask(),
        ["UnbindQueueAsync"] = client => client.UnbindQueueAsync("queue", "exchange").AsTask(),
        ["DeclareExchangeAsync"] = client => client.DeclareExchangeAsync("exchange").AsTask(),
        ["DeleteExchangeAsync"] = client => client.DeleteExchangeAsync("exchange").AsTask(),
        ["BindExchangeAsync"] = client => client.BindExchangeAsync("exchange", "source").AsTask(),
        ["UnbindExchangeAsync"] = client => client.UnbindExchangeAsync("exchange", "source").AsTask(),
        ["PublishAsync"] = client => client.PublishAsync("exchange", "key", "text").AsTask(),
        ["SendAsync"] = client => client.SendAsync("queue", "text").AsTask(),
        ["ConsumeAsync"] = client => client.ConsumeAsync("queue", _ => { }).AsTask(),
        ["GetAsync"] = client => client.GetAsync("queue").AsTask(),
        ["ReadAsync"] = async client => await client.ReadAsync("queue").GetAsyncEnumerator().MoveNextAsync(),
    };

    public static TheoryData<string> CallNames => new(Calls.Keys);

    [Fact]
    public async Task Disposing_twice_is_disposing_once()
    {
        var client = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());

        await client.DisposeAsync();
        await client.DisposeAsync();

        Assert.Equal(BrokerConnectionState.Closed, client.State);
    }

    [Fact]
    public async Task A_broker_that_has_fallen_silent_does_not_hold_a_dispose_up()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareQueueAsync(queue);
        await using var consumer = await client.ConsumeAsync(queue, _ => { });
        await client.SendAsync(queue, "text");

        relay.Stall();
        var sending = client.TrySendAsync(queue, "never confirmed").AsTask();
        await client.DisposeAsync().AsTask().WaitAsync(s_bound, TimeProvider.System);

        Assert.Equal(PublishOutcome.Unknown, (await sending.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System)).Outcome);
        await consumer.Completion.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System);
        Assert.Equal(BrokerConnectionState.Closed, client.State);
    }

    [Fact]
    public async Task A_dispose_waits_for_the_confirms_that_are_under_way()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var client = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());

        var sending = Enumerable.Range(0, 100).Select(number => client.TrySendAsync(queue, $"{number}").AsTask()).ToList();
        await client.DisposeAsync();

        Assert.All(await Task.WhenAll(sending), result => Assert.Equal(PublishOutcome.Confirmed, result.Outcome));
        Assert.Equal(100, (await probe.DrainAsync(queue)).Count);
    }

    [Theory]
    [MemberData(nameof(CallNames))]
    public async Task A_call_after_the_dispose_says_so(string call)
    {
        var unused = new BrokerClient(brokers.Shared.Uri.ToString());
        await unused.DisposeAsync();
        var used = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());
        await used.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => Calls[call](unused).WaitAsync(s_bound, TimeProvider.System));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Calls[call](used).WaitAsync(s_bound, TimeProvider.System));
    }

    [Theory]
    [MemberData(nameof(CallNames))]
    public async Task A_call_that_waits_for_a_connection_is_ended_by_the_dispose(string call)
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        var client = relay.Idle();
        var states = new StateRecorder(client);

        var waiting = Calls[call](client);
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(s_bound, TimeProvider.System));
    }

    [Fact]
    public async Task The_verbs_that_try_return_not_sent_after_the_dispose()
    {
        var client = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());
        await client.DisposeAsync();

        var sent = await client.TrySendAsync("queue", "text");
        var published = await client.TryPublishAsync("exchange", "key", "text");

        Assert.All([sent, published], result => Assert.Equal(PublishOutcome.NotSent, result.Outcome));
        Assert.All([sent, published], result => Assert.Contains("disposed", result.ReplyText));
    }
}
