using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>How a consumer ends: orderly, bounded, and from wherever it is asked to.</summary>
public sealed class StopTests(BrokerFixture brokers)
{
    // A quorum queue goes on counting a consumer that was cancelled until its last message has a verdict.
    private static readonly QueueOptions s_classic = new() { Type = QueueType.Classic };

    [Fact]
    public async Task A_stop_waits_for_the_running_handler_and_hands_back_what_was_not_started()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(10));
        var (started, gate, cancelled) = (new Collected<string>(), new Signal(), false);
        await using var consumer = await broker.ConsumeAsync(queue, async (delivery, token) =>
        {
            started.Add(delivery.GetText());
            await gate.Task;
            cancelled = token.IsCancellationRequested;
        });
        await started.ReachAsync(1);

        var stopping = consumer.StopAsync();
        await probe.WaitForCountAsync(queue, 9);
        Assert.False(stopping.IsCompleted || consumer.Completion.IsCompleted);
        gate.Set();
        await stopping.InTime();

        Assert.True(consumer.Completion.IsCompletedSuccessfully);
        Assert.False(cancelled);
        Assert.Equal(["0"], started.All);
        Assert.Equal(Clients.Numbers(10).Skip(1), (await probe.DrainAsync(queue)).Select(message => message.Text).Order());
        Assert.Equal(0u, await probe.ConsumersAsync(queue));
    }

    [Fact]
    public async Task A_handler_that_runs_over_the_drain_time_has_its_token_cancelled_and_its_message_comes_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "x").InTime();
        var (started, cancelled) = (new Signal(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async (_, token) =>
        {
            started.Set();
            await Record.ExceptionAsync(() => Patience.ForeverAsync(token));
            cancelled.Set();
            token.ThrowIfCancellationRequested();
        }, new() { DrainTimeout = TimeSpan.FromSeconds(0.3) });
        await started.Task.InTime();

        var took = await Patience.TimedAsync(() => consumer.StopAsync().InTime());

        Assert.InRange(took, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(3));
        await cancelled.Task.InTime();
        await probe.WaitForCountAsync(queue, 1);
        Assert.True((await probe.GetAsync(queue))?.Redelivered);
    }

    [Fact]
    public async Task An_abort_cuts_a_stop_short_that_waits_for_a_handler()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "x").InTime();
        var (started, cancelled) = (new Signal(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async (_, token) =>
        {
            started.Set();
            await Record.ExceptionAsync(() => Patience.ForeverAsync(token));
            cancelled.Set();
            token.ThrowIfCancellationRequested();
        }, new() { DrainTimeout = TimeSpan.FromMinutes(5) });
        await started.Task.InTime();

        var stopping = consumer.StopAsync();
        Assert.False(stopping.IsCompleted || cancelled.Task.IsCompleted);
        await consumer.AbortAsync().InTime();

        await stopping.InTime();
        await cancelled.Task.InTime();
        Assert.True(consumer.Completion.IsCompletedSuccessfully);
        await probe.WaitForCountAsync(queue, 1);
    }

    [Fact]
    public async Task A_client_lists_its_consumers_until_they_have_ended()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (one, other) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var first = await broker.ConsumeAsync(one, static _ => { });
        await using var second = await broker.ConsumeAsync(other, static _ => { });

        var before = broker.Consumers;
        await first.StopAsync().InTime();
        await Eventually.IsTrueAsync("the one that has stopped is forgotten", () => broker.Consumers.Count == 1);

        Assert.Equal(new[] { one, other }.Order(), before.Select(consumer => consumer.Queue).Order());
        Assert.Same(second, broker.Consumers[0]);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_token_does_not_keep_a_stop_from_ending()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "x").InTime();
        var (started, gate) = (new Signal(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            started.Set();
            await gate.Task;
        }, new() { DrainTimeout = TimeSpan.FromSeconds(0.3) });
        await started.Task.InTime();

        var took = await Patience.TimedAsync(() => consumer.StopAsync().InTime());

        Assert.InRange(took, TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(4));
        await probe.WaitForCountAsync(queue, 1);
        gate.Set();
    }

    [Fact]
    public async Task A_second_stop_waits_for_the_first_and_harms_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var consumer = await broker.ConsumeAsync(queue, _ => { });

        await Task.WhenAll(consumer.StopAsync(), consumer.StopAsync(), consumer.DisposeAsync().AsTask()).InTime();
        await consumer.StopAsync().InTime();
        await consumer.DisposeAsync();

        Assert.True(consumer.Completion.IsCompletedSuccessfully);
        Assert.Equal(0u, await probe.ConsumersAsync(queue));
    }

    [Theory]
    [InlineData("consumer.StopAsync")]
    [InlineData("consumer.DisposeAsync")]
    [InlineData("broker.DisposeAsync")]
    public async Task A_handler_may_stop_its_own_consumer_and_has_its_message_acknowledged(string how)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "last").InTime();
        var (self, returned) = (new TaskCompletionSource<Consumer>(TaskCreationOptions.RunContinuationsAsynchronously), new Signal());

        var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            var mine = await self.Task;
            await (how switch
            {
                "consumer.StopAsync" => mine.StopAsync(),
                "consumer.DisposeAsync" => mine.DisposeAsync().AsTask(),
                _ => broker.DisposeAsync().AsTask(),
            });
            returned.Set();
        });
        self.SetResult(consumer);

        await returned.Task.InTime();
        await consumer.Completion.InTime();
        await broker.DisposeAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Disposing_the_client_waits_for_running_handlers()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await broker.SendAsync(queue, "x").InTime();
        var (started, gate) = (new Signal(), new Signal());
        await broker.ConsumeAsync(queue, async _ =>
        {
            started.Set();
            await gate.Task;
        });
        await started.Task.InTime();

        var disposing = broker.DisposeAsync().AsTask();
        await probe.WaitForConsumersAsync(queue, 0);
        Assert.False(disposing.IsCompleted);
        gate.Set();
        await disposing.InTime();

        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task RunAsync_returns_on_its_token_when_the_handlers_have_ended()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await broker.SendAsync(queue, "x").InTime();
        var (started, gate) = (new Signal(), new Signal());
        using var stop = new CancellationTokenSource();
        await using var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            started.Set();
            await gate.Task;
        });
        var running = consumer.RunAsync(stop.Token);
        await started.Task.InTime();

        await stop.CancelAsync();
        await probe.WaitForConsumersAsync(queue, 0);
        Assert.False(running.IsCompleted);
        gate.Set();
        await running.InTime();

        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task RunAsync_returns_when_the_consumer_was_stopped_elsewhere()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });
        var running = consumer.RunAsync();

        await consumer.StopAsync().InTime();

        await running.InTime();
    }

    [Fact]
    public async Task RunAsync_throws_what_ended_the_consumer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var consumer = await broker.ConsumeAsync(queue, _ => throw new InvalidOperationException("no luck"), new() { FailurePolicy = FailurePolicy.Stop });
        var running = consumer.RunAsync();

        await broker.SendAsync(queue, "x").InTime();

        var error = await Assert.ThrowsAsync<ConsumerException>(() => running.InTime());
        Assert.Equal(ConsumerFailure.HandlerFailed, error.Reason);
    }
}
