using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>What cannot work is refused at the door: at once, and without a connection.</summary>
public sealed class RefusedInputTests(BrokerFixture brokers)
{
    private static readonly string s_long = new('x', 256);

    private static readonly Dictionary<string, Func<BrokerClient, ValueTask>> s_calls = new()
    {
        ["queue name too long"] = async broker => await broker.DeclareQueueAsync(s_long),
        ["queue name of the broker"] = async broker => await broker.DeclareQueueAsync("amq.mine"),
        ["queue option that contradicts"] = async broker => await broker.DeclareQueueAsync("q", new() { Type = QueueType.Quorum, Exclusive = true }),
        ["limit that deletes"] = async broker => await broker.DeclareQueueAsync("q", new() { DeliveryLimit = 5 }),
        ["queue argument of no AMQP type"] = async broker => await broker.DeclareQueueAsync("q", new() { Arguments = { ["x"] = new Version(1, 2) } }),
        ["look up no name"] = async broker => await broker.FindQueueAsync(""),
        ["purge no name"] = async broker => await broker.PurgeQueueAsync(""),
        ["delete no name"] = async broker => await broker.DeleteQueueAsync(""),
        ["exchange without name"] = broker => broker.DeclareExchangeAsync(""),
        ["exchange without kind"] = broker => broker.DeclareExchangeAsync("x", ""),
        ["alternate too long"] = broker => broker.DeclareExchangeAsync("x", options: new() { AlternateExchange = s_long }),
        ["delete no exchange"] = broker => broker.DeleteExchangeAsync(""),
        ["bind the default exchange"] = broker => broker.BindQueueAsync("q", ""),
        ["bind with a long key"] = broker => broker.BindQueueAsync("q", "x", s_long),
        ["bind with an argument of no AMQP type"] = broker => broker.BindQueueAsync("q", "x", arguments: new Dictionary<string, object?> { ["a"] = new Version(1, 2) }),
        ["unbind the default exchange"] = broker => broker.UnbindQueueAsync("q", ""),
        ["bind exchanges without name"] = broker => broker.BindExchangeAsync("", "x"),
        ["consume no queue"] = async broker => await broker.ConsumeAsync("", _ => { }),
        ["prefetch of none"] = async broker => await broker.ConsumeAsync("q", _ => { }, new() { Prefetch = 0 }),
        ["prefetch below concurrency"] = async broker => await broker.ConsumeAsync("q", _ => { }, new() { Prefetch = 2, Concurrency = 4 }),
        ["get from no queue"] = async broker => await broker.GetAsync(""),
        ["read with BeforeHandler"] = async broker => await broker.ReadAsync("q", new() { AckMode = AckMode.BeforeHandler }).GetAsyncEnumerator().MoveNextAsync(),
        ["send to no queue"] = async broker => await broker.SendAsync("", "x"),
        ["routing key too long"] = async broker => await broker.TryPublishAsync("x", s_long, "x"),
        ["property too long"] = async broker => await broker.TrySendAsync("q", new Message { CorrelationId = s_long }),
        ["header of no AMQP type"] = async broker => await broker.TrySendAsync("q", new Message { Headers = { ["x"] = DayOfWeek.Friday } }),
        ["negative expiration"] = async broker => await broker.TrySendAsync("q", new Message { Expiration = TimeSpan.FromSeconds(-1) }),
        ["body above the limit"] = async broker => await broker.TrySendAsync("q", new byte[1025]),
        ["no message"] = async broker => await broker.SendAsync("q", (Message)null!),
        ["deadline of none"] = async broker => await broker.SendAsync("q", "x", new() { Deadline = TimeSpan.Zero }),
    };

    public static TheoryData<string> Calls => [.. s_calls.Keys];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Bad_input_is_refused_before_any_connection_is_made(string call)
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = relay.Idle(options => options.Publisher.MaxMessageBytes = 1024);

        var error = await Record.ExceptionAsync(() => s_calls[call](broker).InTime(1));

        Assert.IsAssignableFrom<ArgumentException>(error);
        Assert.Equal((0, BrokerConnectionState.Idle), (relay.Accepted, broker.State));
    }
}
