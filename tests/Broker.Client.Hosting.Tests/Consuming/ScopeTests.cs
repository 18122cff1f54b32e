using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Consuming;

/// <summary>One scope an attempt, and its end comes before the ack.</summary>
public sealed class ScopeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Each_message_has_a_scope_of_its_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, work) = (probe.NewName(), new Work());
        await using var app = await Build(queue, work).StartAsync();

        await probe.PublishAsync(queue, Clients.Numbers(2));
        await work.Ended.ReachAsync(2);

        Assert.Equal(2, work.Ended.All.Distinct().Count());
        Assert.Equal(work.Handled.All, work.Ended.All);
    }

    [Fact]
    public async Task Each_attempt_has_a_scope_of_its_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, work) = (probe.NewName(), new Work { Failures = 1 });
        await using var app = await Build(queue, work).StartAsync();

        await probe.PublishAsync(queue, "x");
        await work.Ended.ReachAsync(2);

        Assert.Equal(2, work.Ended.All.Distinct().Count());
    }

    [Fact]
    public async Task A_message_is_not_acknowledged_before_its_scope_has_ended()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, work) = (probe.NewName(), new Work { Gate = new() });
        await using var app = await Build(queue, work).StartAsync();

        await probe.PublishAsync(queue, "x");
        await work.Ending.Task.InTime();
        var held = Assert.Single(app.Broker.Consumers).Status.InFlight;
        work.Gate.Set();
        await work.Ended.ReachAsync(1);
        await app.StopAsync();

        Assert.Equal(1, held);
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_scope_that_fails_to_end_is_a_handler_that_threw()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, work) = (probe.NewName(), new Work { EndFailures = 1 });
        await using var app = await Build(queue, work).StartAsync();

        await probe.PublishAsync(queue, "x");
        await work.Ended.ReachAsync(2);

        Assert.Equal(2, work.Handled.Count);
        Assert.Contains(app.Logs.Lines, line => line.Text.Contains("attempt 1 of 5", StringComparison.Ordinal) && line.Text.Contains("could not be written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_that_cannot_be_made_fails_the_start_of_the_host()
    {
        await using var app = App.Build(brokers.Shared.Uri, static broker => broker.AddConsumer<OrderHandler, Order>("any"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(app.StartAsync);

        Assert.Contains(nameof(Inbox), error.Message, StringComparison.Ordinal);
    }

    private App Build(string queue, Work work) => App.Build(brokers.Shared.Uri, broker =>
    {
        broker.Services.AddSingleton(work).AddScoped<UnitOfWork>();
        broker.ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddConsumer<WorkHandler, string>(
            queue, consumer => consumer.FailurePolicy = FailurePolicy.Retry(delay: TimeSpan.FromMilliseconds(1)));
    });

    /// <summary>What the scopes of a test have seen, and how they shall end.</summary>
    internal sealed class Work
    {
        public Collected<UnitOfWork> Handled { get; } = new();

        public Collected<UnitOfWork> Ended { get; } = new();

        public Signal Ending { get; } = new();

        public Signal Gate { get; init; } = Open();

        public int Failures { get; set; }

        public int EndFailures { get; set; }

        private static Signal Open()
        {
            var gate = new Signal();
            gate.Set();
            return gate;
        }
    }

    /// <summary>As a database's session: what it was given is written when it ends.</summary>
    internal sealed class UnitOfWork(Work work) : IAsyncDisposable
    {
        private bool _hasWork;

        public void Add() => _hasWork = true;

        public async ValueTask DisposeAsync()
        {
            if (!_hasWork)
                return; // of the handler that is made when the host starts
            work.Ending.Set();
            await work.Gate.Task;
            work.Ended.Add(this);
            if (work.EndFailures-- > 0)
                throw new TimeoutException("It could not be written.");
        }
    }

    private sealed class WorkHandler(Work work, UnitOfWork unit) : IMessageHandler<string>
    {
        public Task HandleAsync(string message, Delivery delivery, CancellationToken cancellationToken)
        {
            unit.Add();
            work.Handled.Add(unit);
            return work.Failures-- > 0 ? throw new TimeoutException() : Task.CompletedTask;
        }
    }
}
