using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Rpc;

/// <summary>The ends that a call can come to while the connection holds.</summary>
public sealed class CallTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_call_ends_in_the_reply_of_the_server()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => $"{int.Parse(request.GetText(), null) * 2}");

        var reply = await broker.CallAsync(queue, "21").InTime();

        Assert.Equal(("42", "text/plain; charset=utf-8"), (reply.GetText(), reply.ContentType));
    }

    [Fact]
    public async Task Request_and_reply_carry_their_properties_and_the_request_its_time_to_live()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new Message(new byte[] { 1, 2 }) { ContentType = "application/x-two", Type = "pair", AppId = "server", MessageId = "m", Headers = { ["n"] = 7 } };
        await using var server = await broker.ServeAsync(queue, request =>
        {
            seen.TrySetResult(request);
            return answer;
        });

        var request = new Message { ContentType = "text/x", Type = "question", Headers = { ["tenant"] = "a" }, MessageId = "q" };
        var reply = await broker.CallAsync(queue, request, TimeSpan.FromSeconds(12)).InTime();

        var got = await seen.Task.InTime();
        Assert.Equal(("text/x", "question", "q", "a"), (got.ContentType, got.Type, got.MessageId, got.Headers["tenant"]));
        Assert.InRange(got.Expiration!.Value, TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(12));
        Assert.False(got.Persistent);
        Assert.Equal(("application/x-two", "pair", "server", "m", 7), (reply.ContentType, reply.Type, reply.AppId, reply.MessageId, reply.Headers["n"]));
        Assert.Equal([1, 2], reply.Body.ToArray());
        Assert.Null(answer.CorrelationId);
    }

    [Fact]
    public async Task Two_thousand_in_flight_get_each_its_own_reply_in_any_order()
    {
        const int Calls = 2000;
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var all = new Signal();
        var came = 0;
        // None is answered before all are there: so many are in flight indeed.
        await using var server = await broker.ServeAsync(
            queue,
            async (request, token) =>
            {
                if (Interlocked.Increment(ref came) == Calls)
                    all.Set();
                await all.Task.WaitAsync(token);
                return $"reply to {request.GetText()}";
            },
            new ConsumerOptions { Concurrency = Calls, Prefetch = Calls });

        var replies = await Task.WhenAll(Clients.Numbers(Calls).Select(number => broker.CallAsync(queue, number))).InTime(60);

        Assert.Equal(Clients.Numbers(Calls).Select(number => $"reply to {number}"), replies.Select(reply => reply.GetText()));
        Assert.Equal(0, broker.LateReplies);
    }

    [Fact]
    public async Task Eight_threads_call_at_once_through_a_window_that_is_smaller()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Caller.Window = 3);
        var queue = await broker.DeclareAsync(probe);
        var (running, most) = (0, 0);
        var limit = new Lock();
        await using var server = await broker.ServeAsync(
            queue,
            async request =>
            {
                lock (limit)
                    most = Math.Max(most, ++running);
                await Task.Yield();
                lock (limit)
                    running--;
                return request.GetText();
            },
            new ConsumerOptions { Concurrency = 16 });

        var threads = Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (var number = 0; number < 100; number++)
                Assert.Equal($"{thread}.{number}", (await broker.CallAsync(queue, $"{thread}.{number}")).GetText());
        }));
        await Task.WhenAll(threads).InTime(60);

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task An_unroutable_call_ends_at_once_and_names_the_queue()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync("no-such-queue", "?").InTime(5));

        Assert.Equal((CallFailure.Unroutable, (ushort)312, "NO_ROUTE", false), (error.Reason, error.ReplyCode, error.ReplyText, error.IsTransient));
        Assert.Equal(("", "no-such-queue"), (error.Exchange, error.RoutingKey));
        Assert.StartsWith("The call to queue 'no-such-queue' was returned (312 NO_ROUTE)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_goes_through_an_exchange_and_to_a_key_that_is_not_bound_it_is_unroutable()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, exchange) = (await broker.DeclareAsync(probe), probe.NewName("exchange"));
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Topic);
        await broker.BindQueueAsync(queue, exchange, "sum.*");
        await using var server = await broker.ServeAsync(queue, request => request.RoutingKey);

        Assert.Equal("sum.a", (await broker.CallAsync(exchange, "sum.a", "1").InTime()).GetText());
        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(exchange, "product", "1").InTime(5));
        Assert.Equal((CallFailure.Unroutable, exchange, "product"), (error.Reason, error.Exchange, error.RoutingKey));
    }

    [Fact]
    public async Task A_call_to_a_missing_exchange_is_rejected_and_takes_no_other_along()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var go = new Signal();
        await using var server = await broker.ServeAsync(queue, async request =>
        {
            await go.Task;
            return "late but there";
        });
        var other = broker.CallAsync(queue, "?");

        var errors = new List<CallException>();
        for (var attempt = 0; attempt < 3; attempt++)
            errors.Add(await Assert.ThrowsAsync<CallException>(() => broker.CallAsync("no-such-exchange", "k", "?").InTime(5)));
        go.Set();

        Assert.All(errors, error => Assert.Equal((CallFailure.Rejected, (ushort)404), (error.Reason, error.ReplyCode)));
        Assert.Equal("late but there", (await other.InTime()).GetText());
    }

    [Fact]
    public async Task An_exchange_that_is_deleted_costs_one_channel_and_is_missing_from_then_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var (queue, exchange) = (await broker.DeclareAsync(probe), probe.NewName("exchange"));
        await probe.DeclareExchangeAsync(exchange);
        await probe.BindAsync(queue, exchange);
        await using var server = await broker.ServeAsync(queue, request => request.GetText());
        await broker.CallAsync(exchange, "", "1").InTime();
        await raw.Channel.ExchangeDeleteAsync(exchange);

        var first = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(exchange, "", "2").InTime(5));
        var second = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(exchange, "", "3").InTime(5));

        Assert.Equal((CallFailure.Rejected, (ushort)404), (first.Reason, first.ReplyCode));
        Assert.Equal((CallFailure.Rejected, (ushort)404), (second.Reason, second.ReplyCode));
        Assert.Equal("4", (await broker.CallAsync(queue, "4").InTime(5)).GetText());
    }

    [Fact]
    public async Task A_user_id_that_is_not_the_connections_is_rejected()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, new Message { UserId = "somebody" }).InTime(5));

        Assert.Equal((CallFailure.Rejected, (ushort)406), (error.Reason, error.ReplyCode));
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_at_its_timeout()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        CallException? error = null;
        var took = await Patience.TimedAsync(async () =>
            error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "?", TimeSpan.FromSeconds(0.5)).InTime(5)));

        Assert.Equal((CallFailure.TimedOut, true), (error!.Reason, error.IsTransient));
        Assert.Contains("no reply within 0.5 s", error.Message, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromSeconds(0.45), TimeSpan.FromSeconds(2));
        await probe.WaitForCountAsync(queue, 0); // expired with its caller's patience
    }

    [Fact]
    public async Task A_reply_that_comes_after_the_timeout_is_dropped_and_counted()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);
        await using var requests = await RawServer.StartAsync(brokers.Shared, queue);
        var call = broker.CallAsync(queue, "?", TimeSpan.FromSeconds(0.5));
        var request = await requests.NextAsync();
        Assert.Equal(CallFailure.TimedOut, (await Assert.ThrowsAsync<CallException>(() => call.InTime(5))).Reason);

        await requests.ReplyAsync(request, "too late");
        await logs.WaitForAsync(line => line.Id == 5000, TimeSpan.FromSeconds(5));

        Assert.Equal(1, broker.LateReplies);
    }

    [Fact]
    public async Task Of_two_replies_the_first_is_taken_and_the_second_counted()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);
        await using var requests = await RawServer.StartAsync(brokers.Shared, queue);
        var call = broker.CallAsync(queue, "?");
        var request = await requests.NextAsync();

        await requests.ReplyAsync(request, "first");
        await requests.ReplyAsync(request, "second");
        await requests.ReplyAsync(request with { CorrelationId = "nobody's" }, "third");
        await logs.WaitForAsync(line => line.Id == 5000, TimeSpan.FromSeconds(5), times: 2);

        Assert.Equal("first", (await call.InTime()).GetText());
        Assert.Equal(2, broker.LateReplies);
    }

    [Fact]
    public async Task A_token_ends_the_wait_and_leaves_its_room_at_once_and_the_reply_is_late()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        var options = logs.OptionsFor(brokers.Shared.Uri);
        options.Caller.Window = 1;
        await using var broker = await BrokerClient.ConnectAsync(options).InTime();
        var queue = await broker.DeclareAsync(probe);
        await using var requests = await RawServer.StartAsync(brokers.Shared, queue);
        using var source = new CancellationTokenSource();
        var call = broker.CallAsync(queue, "?", cancellationToken: source.Token);
        var request = await requests.NextAsync();
        var next = broker.CallAsync(queue, "in its place");

        await source.CancelAsync();

        Assert.Equal(source.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime(5))).CancellationToken);
        var following = await requests.NextAsync();
        await requests.ReplyAsync(request, "too late");
        await logs.WaitForAsync(line => line.Id == 5000, TimeSpan.FromSeconds(5));
        await requests.ReplyAsync(following, "in time");
        Assert.Equal("in time", (await next.InTime(5)).GetText());
    }

    [Fact]
    public async Task A_window_that_timeouts_have_filled_is_free_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Caller.Window = 2);
        var (silent, queue) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var server = await broker.ServeAsync(queue, request => "yes");
        using var source = new CancellationTokenSource();
        var timedOut = broker.CallAsync(silent, "1", TimeSpan.FromSeconds(0.5));
        var cancelled = broker.CallAsync(silent, "2", cancellationToken: source.Token);

        var waiting = Enumerable.Range(0, 10).Select(_ => broker.CallAsync(queue, "?")).ToArray();
        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        await Assert.ThrowsAsync<CallException>(() => timedOut.InTime(5));
        await Task.WhenAll(waiting).InTime(5);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTime(5));
        Assert.Equal("yes", (await broker.CallAsync(queue, "?").InTime(5)).GetText());
    }

    [Fact]
    public async Task Disposal_ends_the_calls_that_wait()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync(options => options.Caller.Window = 5);
        var queue = await broker.DeclareAsync(probe);
        var calls = Enumerable.Range(0, 10).Select(_ => broker.CallAsync(queue, "?")).ToArray();
        await probe.WaitForCountAsync(queue, 5);

        await broker.DisposeAsync().AsTask().InTime();

        foreach (var call in calls)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call.InTime(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => broker.CallAsync(queue, "?").InTime(1));
    }
}
