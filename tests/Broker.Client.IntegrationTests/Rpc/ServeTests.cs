using System.Text;
using System.Text.Json.Serialization;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Rpc;

/// <summary>The serving side: what becomes of a request, and what its caller is told.</summary>
public sealed partial class ServeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_handler_that_throws_is_a_typed_error_at_the_caller_and_the_request_is_done()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var runs = 0;
        await using var server = await broker.ServeAsync(queue, request =>
        {
            Interlocked.Increment(ref runs);
            return request.GetText() == "bad" ? throw new InvalidOperationException("no such account") : "good";
        });

        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "bad").InTime(5));

        Assert.Equal(
            (CallFailure.RemoteError, "no such account", "System.InvalidOperationException", false),
            (error.Reason, error.RemoteErrorMessage, error.RemoteErrorType, error.IsTransient));
        Assert.Contains("failed at the other side: no such account", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", string.Join("", error.Reply!.Headers.Values), StringComparison.Ordinal);
        Assert.Equal("good", (await broker.CallAsync(queue, "next").InTime(5)).GetText());
        await server.StopAsync().InTime();
        Assert.Equal((2, 0u), (runs, await probe.CountAsync(queue)));
    }

    [Fact]
    public async Task An_error_that_a_server_of_another_kind_tells_by_one_header_is_an_error()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var requests = await RawServer.StartAsync(brokers.Shared, queue);
        var call = broker.CallAsync(queue, "?");

        await requests.ReplyAsync(await requests.NextAsync(), "details", new() { ["x-rpc-error"] = "out of paper" });

        var error = await Assert.ThrowsAsync<CallException>(() => call.InTime(5));
        Assert.Equal((CallFailure.RemoteError, "out of paper", null, "details"),
            (error.Reason, error.RemoteErrorMessage, error.RemoteErrorType, error.Reply!.GetText()));
    }

    [Fact]
    public async Task A_reply_that_cannot_be_sent_is_an_error_at_the_caller()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => request.GetText() == "null" ? null! : new Message { Type = new string('x', 300) });

        var invalid = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "?").InTime(5));
        var missing = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "null").InTime(5));

        Assert.Equal((CallFailure.RemoteError, "System.ArgumentException"), (invalid.Reason, invalid.RemoteErrorType));
        Assert.Equal((CallFailure.RemoteError, "System.InvalidOperationException"), (missing.Reason, missing.RemoteErrorType));
    }

    [Fact]
    public async Task A_request_without_an_address_is_an_ordinary_message()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var server = await broker.ServeAsync(
            queue,
            request =>
            {
                seen.Add(request.GetText());
                return request.GetText() == "bad" ? throw new InvalidOperationException("mine") : "unread";
            },
            new ConsumerOptions { FailurePolicy = FailurePolicy.Park() });

        await broker.SendAsync(queue, "good").InTime();
        await broker.SendAsync(queue, "bad").InTime();

        Assert.Equal(["good", "bad"], await seen.ReachAsync(2));
        var failed = probe.Failed(queue);
        await failed.WaitForCountAsync(1);
        Assert.Equal("bad", Assert.Single(await failed.TakeAsync()).Text);
        await server.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("amq.rabbitmq.reply-to")]
    public async Task A_caller_that_is_gone_is_no_error_and_the_request_is_done(string kind)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);
        var (came, go) = (new Signal(), new Signal());
        await using var server = await broker.ServeAsync(queue, async request =>
        {
            came.Set();
            await go.Task;
            return "nobody reads this";
        });

        if (kind == "gone")
        {
            await broker.SendAsync(queue, new Message { ReplyTo = "queue-of-a-caller-that-left", CorrelationId = "1" }).InTime();
            await came.Task.InTime();
        }
        else
        {
            var caller = await brokers.Shared.ConnectAsync();
            var call = caller.CallAsync(queue, "?");
            await came.Task.InTime();
            await caller.DisposeAsync().AsTask().InTime();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        }

        go.Set();
        if (kind == "gone")
            await logs.WaitForAsync(line => line.Id == 5012, TimeSpan.FromSeconds(5));
        await server.StopAsync().InTime();

        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.DoesNotContain(logs.Lines, line => line.Id is 5010 or 5013 or 5014);
    }

    [Fact]
    public async Task A_stop_lets_the_running_requests_reply_and_leaves_the_others_to_the_next_server()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var came = new Collected<string>();
        var go = new Signal();
        var first = await broker.ServeAsync(
            queue,
            async request =>
            {
                came.Add(request.GetText());
                await go.Task;
                return $"first {request.GetText()}";
            },
            new ConsumerOptions { Concurrency = 2 });
        var calls = Clients.Numbers(10).Select(number => broker.CallAsync(queue, number)).ToArray();
        await came.ReachAsync(2);

        var stopping = first.StopAsync();
        go.Set();
        await stopping.InTime();
        Assert.Equal(2, came.Count);
        await using var second = await broker.ServeAsync(queue, request => $"second {request.GetText()}");

        var replies = (await Task.WhenAll(calls).InTime()).Select(reply => reply.GetText()).ToArray();
        Assert.Equal(2, replies.Count(reply => reply.StartsWith("first", StringComparison.Ordinal)));
        Assert.Equal(8, replies.Count(reply => reply.StartsWith("second", StringComparison.Ordinal)));
        Assert.Equal(0, broker.LateReplies);
    }

    [Fact]
    public async Task A_handler_that_outlives_the_drain_time_gives_its_request_back()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var came = new Signal();
        var first = await broker.ServeAsync(
            queue,
            async (request, token) =>
            {
                came.Set();
                await Patience.ForeverAsync(token);
                return "never";
            },
            new ConsumerOptions { DrainTimeout = TimeSpan.FromSeconds(0.3) });
        var call = broker.CallAsync(queue, "?");
        await came.Task.InTime();

        await first.StopAsync().InTime();
        await using var second = await broker.ServeAsync(queue, request => $"second, redelivered: {request.Redelivered}");

        Assert.Equal("second, redelivered: True", (await call.InTime()).GetText());
    }

    [Fact]
    public async Task A_handler_may_call_another_server_of_the_same_client()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (outer, inner) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var innerServer = await broker.ServeAsync(inner, request => $"inner {request.GetText()}");
        await using var outerServer = await broker.ServeAsync(
            outer, async (request, token) => $"outer {(await broker.CallAsync(inner, request.GetText(), cancellationToken: token)).GetText()}");

        var replies = await Task.WhenAll(Clients.Numbers(50).Select(number => broker.CallAsync(outer, number))).InTime();

        Assert.Equal(Clients.Numbers(50).Select(number => $"outer inner {number}"), replies.Select(reply => reply.GetText()));
    }

    [Fact]
    public async Task Acked_before_the_handler_a_request_whose_server_dies_is_not_handled_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var came = new Signal();
        var first = await broker.ServeAsync(
            queue,
            async (_, token) =>
            {
                came.Set();
                await Patience.ForeverAsync(token);
                return "never";
            },
            new ConsumerOptions { AckMode = AckMode.BeforeHandler, DrainTimeout = TimeSpan.FromSeconds(0.3) });
        var call = broker.CallAsync(queue, "?", TimeSpan.FromSeconds(3));
        await came.Task.InTime();

        await first.StopAsync().InTime();

        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.Equal(CallFailure.TimedOut, (await Assert.ThrowsAsync<CallException>(() => call.InTime())).Reason);
        await using var second = await broker.ServeAsync(
            queue, request => request.GetText(), new ConsumerOptions { AckMode = AckMode.BeforeHandler });
        Assert.Equal("at most once", (await broker.CallAsync(queue, "at most once").InTime()).GetText());
    }

    [Fact]
    public async Task Manual_acknowledgement_and_a_missing_queue_are_refused()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            () => broker.ServeAsync("q", request => "x", new ConsumerOptions { AckMode = AckMode.Manual }).AsTask());
        Assert.Equal(
            ConsumerFailure.QueueNotFound,
            (await Assert.ThrowsAsync<ConsumerException>(() => broker.ServeAsync("no-such-queue", request => "x").InTime())).Reason);
    }

    [Fact]
    public async Task Typed_requests_and_replies_go_as_JSON_both_ways()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, reflected) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var server = await broker.ServeAsync(
            queue, (terms, _) => Task.FromResult(new Sum(terms!.A + terms.B)), RpcJson.Default.Terms, RpcJson.Default.Sum);
        await using var second = await broker.ServeAsync<Terms, Sum>(reflected, (terms, _) => Task.FromResult(new Sum(terms!.A - terms.B)));

        Assert.Equal(new Sum(5), await broker.CallAsync(queue, new Terms(2, 3), RpcJson.Default.Terms, RpcJson.Default.Sum).InTime());
        Assert.Equal(new Sum(-1), await broker.CallAsync<Terms, Sum>(reflected, new Terms(2, 3)).InTime());
        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "{").InTime());
        Assert.Equal("Broker.Client.UndecodableMessageException", error.RemoteErrorType);
    }

    // pika's tutorial 6 and RabbitMQ's own: an exclusive reply queue, and a reply to reply_to with the correlation id.
    [Fact]
    public async Task A_client_with_a_reply_queue_of_its_own_is_served()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => $"{request.GetText()}!");
        var callback = (await raw.Channel.QueueDeclareAsync()).QueueName;
        var reply = new TaskCompletionSource<(string, string?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(raw.Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            reply.TrySetResult((Encoding.UTF8.GetString(delivery.Body.Span), delivery.BasicProperties.CorrelationId));
            return Task.CompletedTask;
        };
        await raw.Channel.BasicConsumeAsync(callback, autoAck: true, consumer);

        await raw.PublishAsync("", queue, new BasicProperties { ReplyTo = callback, CorrelationId = "id of any kind" }, "hello");

        Assert.Equal(("hello!", "id of any kind"), await reply.Task.InTime());
    }

    internal sealed record Terms(int A, int B);

    internal sealed record Sum(int Value);

    [JsonSerializable(typeof(Terms))]
    [JsonSerializable(typeof(Sum))]
    internal sealed partial class RpcJson : JsonSerializerContext;
}
