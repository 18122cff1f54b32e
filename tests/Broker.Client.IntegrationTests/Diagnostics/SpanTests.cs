using System.Diagnostics;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;
using Broker.Client.Tests.Support;

namespace Broker.Client.IntegrationTests.Diagnostics;

/// <summary>The spans of what a client does, on a broker.</summary>
[Collection(Listening.Name)]
public sealed class SpanTests(BrokerFixture brokers) : IDisposable
{
    private readonly SpanRecorder _spans = new();

    public void Dispose() => _spans.Dispose();

    [Fact]
    public async Task A_publish_ends_with_its_confirm_and_knows_the_broker()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var result = await broker.SendAsync(queue, "x").InTime();

        var span = (await _spans.ReachAsync("publish", queue)).Single();
        Assert.Equal((result.MessageId, "127.0.0.1", $"{brokers.Shared.Port}"), (span.Tag("messaging.message.id"), span.Tag("server.address"), span.Tag("server.port")));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task An_outcome_that_is_no_confirm_is_an_error_by_its_name()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = $"none.{Guid.NewGuid():n}";

        await broker.TrySendAsync(queue, "x").InTime();
        await broker.TryPublishAsync($"{queue}.exchange", "", "x").InTime();

        Assert.Equal("Returned", (await _spans.ReachAsync("publish", queue))[0].Tag("error.type"));
        Assert.Equal("Rejected", (await _spans.ReachAsync("publish", $"{queue}.exchange")).Single().Tag("error.type"));
    }

    [Fact]
    public async Task A_message_that_is_sent_again_is_one_span_and_carries_it_each_time()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var confirms = proxy.On(Frames.Method("basic.ack").FromBroker()).Hold();

        var publish = broker.SendAsync(queue, "x").AsTask();
        await probe.WaitForCountAsync(queue, 1);
        foreach (var connection in proxy.Connections)
            connection.Reset();
        await probe.WaitForCountAsync(queue, 2);
        confirms.Lift();
        await publish.InTime();

        var span = (await _spans.ReachAsync("publish", queue)).Single();
        Assert.Equal([span.Id, span.Id], (await probe.DrainAsync(queue)).Select(message => message.Header("traceparent") as string));
    }

    [Fact]
    public async Task Each_run_of_a_handler_is_a_span_of_one_trace_and_so_is_what_is_parked()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, parking) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        var policy = FailurePolicy.Retry(attempts: 2, delay: TimeSpan.FromMilliseconds(1)).ThenPark(parking);
        await broker.SendAsync(queue, "x").InTime();
        await using (await broker.ConsumeAsync(queue, _ => throw new TimeoutException("mine"), new() { FailurePolicy = policy }))
        {
            await probe.WaitForCountAsync(parking, 1);
            await _spans.ReachAsync("ack", queue);
        }

        var publish = _spans.Of("publish", queue).Single();
        var runs = _spans.Of("process", queue);
        Assert.Equal(["System.TimeoutException", "System.TimeoutException"], runs.Select(run => run.Tag("error.type")));
        Span<Activity> later = [.. runs, _spans.Of("publish", parking).Single(), _spans.Of("ack", queue).Single()];
        foreach (var span in later)
            Assert.Equal((publish.TraceId, publish.SpanId), (span.TraceId, span.ParentSpanId));
        Assert.Equal(publish.Id, (await probe.GetAsync(parking))?.Header("traceparent")); // sent home it goes on
    }

    [Fact]
    public async Task What_a_handler_publishes_is_part_of_its_span()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (first, second) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var one = await broker.ConsumeAsync(first, async delivery => { await broker.SendAsync(second, delivery.GetText()); });
        await using var two = await broker.ConsumeAsync(second, _ => { });

        await broker.SendAsync(first, "x").InTime();

        var (begin, end) = (_spans.Of("publish", first).Single(), (await _spans.ReachAsync("process", second)).Single());
        var between = _spans.Of("publish", second).Single();
        Assert.Equal((begin.TraceId, begin.TraceId), (between.TraceId, end.TraceId));
        Assert.Equal((await _spans.ReachAsync("process", first)).Single().SpanId, between.ParentSpanId);
    }

    [Fact]
    public async Task Got_and_read_messages_have_receive_spans_that_link_to_their_publish()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["got", "read"]);

        await (await broker.GetAsync(queue).InTime())!.AckAsync();
        await foreach (var delivery in broker.ReadAsync(queue))
        {
            await delivery.AckAsync();
            break;
        }

        Assert.Null(await broker.GetAsync(queue).InTime());

        var publishes = _spans.Of("publish", queue).Select(span => span.SpanId).ToList();
        var (gets, read) = (_spans.Of("get", queue), Assert.Single(_spans.Of("receive", queue)));
        Assert.Equal(publishes, ((Activity[])[gets[0], read]).Select(span => span.Links.Single().Context.SpanId));
        Assert.Empty(gets[1].Links); // there was none
        Assert.Equal(2, _spans.Of("ack", queue).Count);
    }

    [Fact]
    public async Task A_batch_is_one_span_that_links_to_all()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(3));

        await using (await broker.ConsumeBatchesAsync(queue, (IReadOnlyList<Delivery> _) => Task.CompletedTask, size: 3, maxWait: TimeSpan.FromSeconds(30)))
            await _spans.ReachAsync("process", queue);

        var batch = Assert.Single(_spans.Of("process", queue));
        Assert.Equal(_spans.Of("publish", queue).Select(span => span.SpanId).ToHashSet(), batch.Links.Select(link => link.Context.SpanId).ToHashSet());
        Assert.All(_spans.Of("ack", queue), ack => Assert.Equal(batch.SpanId, ack.ParentSpanId));
    }

    [Fact]
    public async Task A_call_its_handling_and_its_reply_are_one_trace()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => request.GetText() == "bad" ? throw new FormatException("mine") : "reply");

        await broker.CallAsync(queue, "good").InTime();
        await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "bad")).InTime();

        var (calls, handled) = (_spans.Of("call", queue), await _spans.ReachAsync("process", queue, count: 2));
        Assert.Equal([null, "RemoteError"], calls.Select(call => call.Tag("error.type")));
        Assert.Equal([null, "System.FormatException"], handled.Select(span => span.Tag("error.type")));
        Assert.Equal(calls.Select(call => call.SpanId), handled.Select(span => span.ParentSpanId));
        var replies = await _spans.ReachAsync("publish", "amq.rabbitmq.reply-to", count: 2);
        Assert.Equal(handled.Select(span => span.SpanId), replies.Select(reply => reply.ParentSpanId));
    }
}
