using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>A publish ends by its deadline or its token, and says whether the message may have been sent.</summary>
public sealed class PublishDeadlineTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task What_was_written_and_not_confirmed_ends_unknown_by_its_deadline()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        relay.Stall();

        PublishResult result = default;
        var took = await Patience.TimedAsync(async () =>
            result = await broker.TrySendAsync(queue, "x", new PublishOptions { Deadline = s_deadline }).InTime());

        relay.CutAll();
        Assert.Equal(PublishOutcome.Unknown, result.Outcome);
        Assert.InRange(took, s_deadline, s_deadline + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task What_was_never_written_ends_not_sent_by_its_deadline()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        relay.Refuse();

        PublishException? error = null;
        var took = await Patience.TimedAsync(async () => error = await Assert.ThrowsAsync<PublishException>(() =>
            broker.SendAsync(queue, "x", new PublishOptions { Deadline = s_deadline }).InTime()));

        relay.AcceptAgain();
        await broker.SendAsync(queue, "next").InTime();
        Assert.Equal((PublishOutcome.NotSent, true), (error!.Outcome, error.IsTransient));
        Assert.InRange(took, s_deadline, s_deadline + TimeSpan.FromSeconds(1));
        Assert.Equal(["next"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task The_deadline_of_the_publisher_holds_where_a_publish_names_none()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var broker = relay.Idle(options => options.Publisher.Deadline = TimeSpan.FromSeconds(0.5));

        PublishResult result = default;
        var took = await Patience.TimedAsync(async () => result = await broker.TrySendAsync("q", "x").InTime());

        Assert.Equal(PublishOutcome.NotSent, result.Outcome);
        Assert.InRange(took, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task A_token_that_fires_before_the_message_was_written_keeps_it_from_being_sent()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        relay.Refuse();
        using var cancelled = new CancellationTokenSource();

        var sending = broker.SendAsync(queue, "thrown", cancellationToken: cancelled.Token).AsTask();
        var trying = broker.TrySendAsync(queue, "tried", cancellationToken: cancelled.Token).AsTask();
        await cancelled.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.InTime(2));
        Assert.Equal(cancelled.Token, error.CancellationToken);
        Assert.Equal(PublishOutcome.NotSent, (await trying.InTime(2)).Outcome);
        relay.AcceptAgain();
        await broker.SendAsync(queue, "next").InTime();
        Assert.Equal(["next"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_token_that_fires_after_the_message_was_written_leaves_it_unknown_and_it_arrives()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        using var cancelled = new CancellationTokenSource();
        relay.Stall(Flow.ToClient);

        var sending = broker.SendAsync(queue, "thrown", cancellationToken: cancelled.Token).AsTask();
        var trying = broker.TrySendAsync(queue, "tried", cancellationToken: cancelled.Token).AsTask();
        await probe.WaitForCountAsync(queue, 3);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.InTime(2));
        Assert.Equal(PublishOutcome.Unknown, (await trying.InTime(2)).Outcome);
        relay.Resume();
        Assert.Equal("next", (await SendNextAsync(broker, probe, queue))[^1]);
    }

    [Fact]
    public async Task A_token_that_has_fired_already_sends_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var fired = new CancellationToken(canceled: true);

        var tried = await broker.TrySendAsync(queue, "tried", cancellationToken: fired).InTime();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broker.SendAsync(queue, "thrown", cancellationToken: fired).InTime());

        Assert.Equal(PublishOutcome.NotSent, tried.Outcome);
        Assert.Equal(["next"], await SendNextAsync(broker, probe, queue));
    }

    [Fact]
    [Trait("Upstream", "1900")]
    public async Task Some_cancelled_publishes_among_many_agree_with_what_is_in_the_queue()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var sources = Enumerable.Range(0, 2000).Select(number => number % 10 == 0 ? new CancellationTokenSource() : null).ToArray();

        var sending = sources.Select((source, number) => broker.TrySendAsync(queue, $"{number}", cancellationToken: source?.Token ?? default).AsTask()).ToArray();
        foreach (var source in sources)
            source?.Cancel();
        var outcomes = (await Task.WhenAll(sending).InTime()).Select(result => result.Outcome).ToArray();
        await broker.SendAsync(queue, "last").InTime();

        var arrived = (await raw.TakeAsync(queue, outcomes.Count(outcome => outcome == PublishOutcome.Confirmed) + 1)).ToHashSet();
        Assert.All(outcomes.Index(), each => Assert.True(
            each.Item is PublishOutcome.Unknown || arrived.Contains($"{each.Index}") == (each.Item is PublishOutcome.Confirmed),
            $"{each.Index} ended {each.Item}"));
        Assert.All(outcomes.Where((_, number) => number % 10 != 0), outcome => Assert.Equal(PublishOutcome.Confirmed, outcome));
    }

    private static async Task<string[]> SendNextAsync(BrokerClient broker, BrokerProbe probe, string queue)
    {
        await broker.SendAsync(queue, "next").InTime();
        return [.. (await probe.DrainAsync(queue)).Select(message => message.Text)];
    }
}
