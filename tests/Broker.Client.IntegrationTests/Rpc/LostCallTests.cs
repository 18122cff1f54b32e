using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Rpc;

/// <summary>Calls whose connection is cut, held up, refused or closed.</summary>
public sealed class LostCallTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_connection_that_is_cut_ends_what_waits_for_a_reply_and_nothing_is_sent_twice()
    {
        const int Calls = 200;
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var requests = await RawServer.StartAsync(brokers.Shared, queue);
        var calls = Clients.Numbers(Calls).Select(number => broker.CallAsync(queue, number)).ToArray();
        var seen = new List<string>();
        while (seen.Count < Calls)
            seen.Add((await requests.NextAsync()).Text);

        relay.CutAll();

        foreach (var call in calls)
        {
            var error = await Assert.ThrowsAsync<CallException>(() => call.InTime(5));
            Assert.Equal((CallFailure.ConnectionLost, true), (error.Reason, error.IsTransient));
            Assert.Contains("may or may not have been handled", error.Message, StringComparison.Ordinal);
            Assert.IsType<BrokerConnectionException>(error.InnerException);
        }

        var next = broker.CallAsync(queue, "after");
        var request = await requests.NextAsync();
        Assert.Equal("after", request.Text); // and none of those before
        await requests.ReplyAsync(request, "there again");
        Assert.Equal("there again", (await next.InTime()).GetText());
        Assert.Equal(Clients.Numbers(Calls), seen);
    }

    [Fact]
    public async Task Calls_without_a_connection_wait_for_it_in_their_order()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(relay.Uri)).InTime();
        await using var other = await brokers.Shared.ConnectAsync();
        var queue = await other.DeclareAsync(probe);
        var came = new Collected<string>();
        await using var server = await other.ServeAsync(queue, request =>
        {
            came.Add(request.GetText());
            return request.GetText();
        });
        await broker.CallAsync(queue, "opens the connection").InTime();

        relay.Refuse();
        relay.CutAll();
        await logs.WaitForAsync(line => line.Id == 1001 && line.Text.Contains("publishing", StringComparison.Ordinal), TimeSpan.FromSeconds(5));
        var calls = Clients.Numbers(100).Select(number => broker.CallAsync(queue, number)).ToArray();
        relay.AcceptAgain();

        Assert.Equal(Clients.Numbers(100), (await Task.WhenAll(calls).InTime()).Select(reply => reply.GetText()));
        Assert.Equal(["opens the connection", .. Clients.Numbers(100)], came.All);
    }

    [Fact]
    public async Task A_call_that_finds_no_connection_ends_at_its_timeout_as_not_sent_with_the_reason()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var broker = relay.Idle();

        CallException? error = null;
        var took = await Patience.TimedAsync(async () =>
            error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync("q", "?", TimeSpan.FromSeconds(0.7)).InTime(5)));

        Assert.Equal((CallFailure.NotSent, true), (error!.Reason, error.IsTransient));
        Assert.Contains("there was no connection. Cannot reach", error.Message, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.FromSeconds(0.65), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_password_that_is_refused_ends_calls_at_once()
    {
        await using var broker = new BrokerClient(new UriBuilder(brokers.Shared.Uri) { Password = "wrong" }.Uri.OriginalString);

        var error = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync("q", "?").InTime(10));

        Assert.Equal((CallFailure.NotSent, false), (error.Reason, error.IsTransient));
        Assert.Equal(ConnectionFailure.AuthenticationFailed, Assert.IsType<BrokerConnectionException>(error.InnerException).Reason);
    }

    [Fact]
    public async Task A_wire_that_is_held_up_ends_calls_at_their_timeout()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        await using var other = await brokers.Shared.ConnectAsync();
        var queue = await other.DeclareAsync(probe);
        await using var server = await other.ServeAsync(queue, request => "x");
        await broker.CallAsync(queue, "opens the connection").InTime();

        relay.Stall();
        // Far more than the socket's buffers and the driver's queue hold: most are never written.
        var body = new byte[64 * 1024];
        var calls = Enumerable.Range(0, 1000).Select(_ => broker.CallAsync(queue, body, TimeSpan.FromSeconds(1))).ToArray();
        var took = await Patience.TimedAsync(async () =>
        {
            foreach (var call in calls)
                Assert.True((await Assert.ThrowsAsync<CallException>(() => call.InTime(10))).Reason is CallFailure.TimedOut or CallFailure.NotSent);
        });

        Assert.InRange(took, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(4));
        relay.Resume();
        Assert.Equal("x", (await broker.CallAsync(queue, "after").InTime(30)).GetText());
    }

    [Fact]
    public async Task Calls_go_on_over_many_cuts_and_every_one_ends()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        await using var other = await brokers.Shared.ConnectAsync();
        var queue = await other.DeclareAsync(probe);
        await using var server = await other.ServeAsync(queue, request => request.GetText(), new ConsumerOptions { Concurrency = 8 });
        var answered = new Collected<string>();
        using var enough = new CancellationTokenSource();

        var loops = Enumerable.Range(0, 8).Select(loop => Task.Run(async () =>
        {
            for (var number = 0; !enough.IsCancellationRequested; number++)
            {
                try
                {
                    var text = $"{loop}.{number}";
                    Assert.Equal(text, (await broker.CallAsync(queue, text, TimeSpan.FromSeconds(20)).InTime(25)).GetText());
                    answered.Add(text);
                }
                catch (CallException error)
                {
                    Assert.Equal(CallFailure.ConnectionLost, error.Reason);
                }
            }
        })).ToArray();
        for (var cut = 0; cut < 8; cut++)
        {
            await answered.ReachAsync(answered.Count + 100, seconds: 30);
            relay.CutAll(reset: cut % 2 == 0);
        }

        await answered.ReachAsync(answered.Count + 100, seconds: 30);
        await enough.CancelAsync();
        await Task.WhenAll(loops).InTime(30);
    }

    [Fact]
    public async Task A_server_whose_connection_is_cut_gets_the_request_again_and_answers_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var serving = await relay.ConnectAsync();
        await using var calling = await brokers.Shared.ConnectAsync();
        var queue = await calling.DeclareAsync(probe);
        var came = new Collected<string>();
        await using var server = await serving.ServeAsync(queue, async (request, token) =>
        {
            came.Add(request.GetText());
            if (came.Count == 1)
                await Patience.ForeverAsync(token);
            return $"{request.GetText()} {request.Redelivered}";
        });
        var call = calling.CallAsync(queue, "?");
        await came.ReachAsync(1);

        relay.CutAll();

        Assert.Equal("? True", (await call.InTime()).GetText());
    }
}

/// <summary>What only a broker of the tests' own can be made to do.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class BrokerFaultCallTests(BrokerFixture brokers)
{
    [Fact]
    public async Task When_all_connections_are_closed_calls_end_as_lost_and_later_ones_are_answered()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        await using var broker = await faulty.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var waiting = Enumerable.Range(0, 50).Select(_ => broker.CallAsync(queue, "?")).ToArray();
        await probe.WaitForCountAsync(queue, 50);

        await faulty.CloseAllConnectionsAsync();

        foreach (var call in waiting)
            Assert.Equal(CallFailure.ConnectionLost, (await Assert.ThrowsAsync<CallException>(() => call.InTime())).Reason);
        await using var server = await broker.ServeAsync(queue, request => request.GetText());
        Assert.Equal("again", (await broker.CallAsync(queue, "again").InTime()).GetText());
    }

    [Fact]
    public async Task While_the_broker_is_blocked_a_call_ends_at_its_timeout_and_afterwards_calls_are_answered()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        await using var broker = await faulty.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => request.GetText());
        await broker.CallAsync(queue, "opens the connection").InTime();
        var blocked = new Signal();
        broker.StateChanged += (_, change) =>
        {
            if (change.Current == BrokerConnectionState.Blocked)
                blocked.Set();
        };

        await faulty.RaiseMemoryAlarmAsync();
        try
        {
            var written = broker.CallAsync(queue, "written", TimeSpan.FromSeconds(3)); // the broker tells of the alarm when it is published to
            await blocked.Task.InTime();
            var ended = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "waits", TimeSpan.FromSeconds(0.5)).InTime(5));
            var later = broker.CallAsync(queue, "later", TimeSpan.FromSeconds(30));

            Assert.Equal(CallFailure.NotSent, ended.Reason);
            Assert.Contains("took no publishes", ended.Message, StringComparison.Ordinal);
            Assert.Equal(CallFailure.TimedOut, (await Assert.ThrowsAsync<CallException>(() => written.InTime())).Reason);
            await faulty.ClearMemoryAlarmAsync();
            Assert.Equal("later", (await later.InTime()).GetText());
        }
        finally
        {
            await faulty.ClearMemoryAlarmAsync();
        }
    }

    [Fact]
    public async Task An_exchange_that_may_not_be_written_to_costs_one_channel_and_is_not_tried_again()
    {
        var faulty = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var probe = await faulty.ProbeAsync();
        var exchange = probe.NewName("exchange");
        await probe.DeclareExchangeAsync(exchange);
        await faulty.ControlAsync("add_user", "limited", "limited");
        await faulty.ControlAsync("set_permissions", "limited", ".*", $"^(?!{exchange.Replace(".", "\\.", StringComparison.Ordinal)}$).*$", ".*");
        await using var broker = await faulty.ConnectAsync(options => (options.UserName, options.Password) = ("limited", "limited"));
        var queue = await broker.DeclareAsync(probe);
        var before = broker.CallAsync(queue, "before");
        await probe.WaitForCountAsync(queue, 1);

        var first = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(exchange, "", "?").InTime(5));
        var lost = await Assert.ThrowsAsync<CallException>(() => before.InTime(5));
        var during = broker.CallAsync(queue, "during");
        await probe.WaitForCountAsync(queue, 2);
        var second = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(exchange, "", "?").InTime(5));

        Assert.All([first, second], error => Assert.Equal((CallFailure.Rejected, (ushort)403), (error.Reason, error.ReplyCode)));
        Assert.Equal(CallFailure.ConnectionLost, lost.Reason);
        await using var server = await broker.ServeAsync(queue, request => request.GetText());
        Assert.Equal("during", (await during.InTime()).GetText());
        await faulty.ControlAsync("delete_user", "limited");
    }
}
