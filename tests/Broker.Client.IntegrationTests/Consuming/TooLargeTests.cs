using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Messages beyond BrokerOptions.MaxInboundMessageBytes: put aside whole, and no queue stops for them.</summary>
public sealed class TooLargeTests(BrokerFixture brokers)
{
    private const int Limit = 1024;
    private static readonly string s_large = new('x', Limit + 1);

    public static TheoryData<QueueType> Types => [QueueType.Quorum, QueueType.Classic];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_handler_never_sees_one_and_those_behind_it_are_handled(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(logs);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type });
        var failed = probe.Failed(queue);
        var handled = new Collected<int>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => handled.Add(delivery.Body.Length));

        await broker.SendAllAsync(queue, [s_large, new string('x', Limit), s_large, "after"]);

        Assert.Equal([Limit, 5], await handled.ReachAsync(2));
        await failed.WaitForCountAsync(2);
        await consumer.StopAsync().InTime();
        var parked = await failed.TakeAsync();
        Assert.All(parked, message => Assert.Equal((s_large, "too-large", queue), (message.Text, message.Header("x-parked-reason"), message.Header("x-parked-queue"))));
        Assert.Empty(await probe.DrainAsync(queue));
        Assert.Equal(2, logs.Lines.Count(line => line.Text.Contains("more than BrokerOptions.MaxInboundMessageBytes (1024)", StringComparison.Ordinal)));
        Assert.DoesNotContain(logs.Lines, line => line.Id is 1001 or 4001); // neither a connection nor a consumer has suffered
    }

    [Fact]
    public async Task It_is_parked_also_where_it_could_not_be_published()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(logs, options => options.Publisher.MaxMessageBytes = Limit);
        var queue = await sender.DeclareAsync(probe);
        var failed = probe.Failed(queue);

        await using var consumer = await broker.ConsumeAsync(queue, _ => { });
        await sender.SendAsync(queue, s_large).InTime();

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal(s_large, Assert.Single(await failed.TakeAsync()).Text);
    }

    [Fact]
    public async Task The_policy_may_dead_letter_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(logs);
        var dead = await broker.DeclareAsync(probe);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead });

        await using var consumer = await broker.ConsumeAsync(queue, _ => { }, new() { FailurePolicy = FailurePolicy.Retry().ThenDeadLetter() });
        await broker.SendAsync(queue, s_large).InTime();

        await probe.WaitForCountAsync(dead, 1);
    }

    [Fact]
    public async Task A_loop_and_a_fetch_never_see_one()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(logs);
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        await broker.SendAllAsync(queue, [s_large, "one", s_large, "two", s_large]);

        Assert.Equal("one", (await broker.GetAsync(queue).InTime())?.GetText());
        await foreach (var delivery in broker.ReadAsync(queue))
        {
            Assert.Equal("two", delivery.GetText());
            await delivery.AckAsync();
            break;
        }

        await failed.WaitForCountAsync(2); // the third may have been handed back by the loop's end
        Assert.Null(await broker.GetAsync(queue).InTime());
        await failed.WaitForCountAsync(3);
        Assert.Equal(3, (await failed.TakeAsync()).Count);
    }

    [Fact]
    public async Task A_call_whose_reply_is_one_ends_by_name_and_the_next_does_not()
    {
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(logs);
        var queue = (await broker.DeclareQueueAsync().InTime()).Name;
        await using var server = await broker.ServeAsync(queue, request => new Message(new byte[int.Parse(request.GetText(), null)]));

        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "1025", TimeSpan.FromSeconds(10)).InTime());
        var reply = await broker.CallAsync(queue, "1024", TimeSpan.FromSeconds(10)).InTime();

        Assert.Equal((CallFailure.ReplyTooLarge, false), (error.Reason, error.IsTransient));
        Assert.Contains("1,025 bytes, more than BrokerOptions.MaxInboundMessageBytes (1,024)", error.Message, StringComparison.Ordinal);
        Assert.Equal(Limit, reply.Body.Length);
    }

    private Task<BrokerClient> ConnectAsync(CapturedLogs logs, Action<BrokerOptions>? configure = null) => brokers.Shared.ConnectAsync(options =>
    {
        options.LoggerFactory = logs;
        options.MaxInboundMessageBytes = Limit;
        configure?.Invoke(options);
    });
}
