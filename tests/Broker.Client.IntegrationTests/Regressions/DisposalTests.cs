using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>A publisher without anything under way waited for a connection before it stopped; a connection that came up meanwhile was kept.</summary>
public sealed class DisposalTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Disposing_a_client_that_has_nothing_under_way_does_not_wait_for_a_connection()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        var broker = relay.Idle(options => options.Publisher.Deadline = TimeSpan.FromSeconds(0.3));
        Assert.Equal(PublishOutcome.NotSent, (await broker.TrySendAsync("q", "x").InTime()).Outcome);

        var took = await Patience.TimedAsync(() => broker.DisposeAsync().AsTask().InTime());

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_connection_that_comes_up_during_the_dispose_does_not_keep_it_from_ending()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        using var logs = new LogOnce("Declared again");
        var broker = await relay.ConnectAsync(options => options.LoggerFactory = logs);
        await broker.DeclareQueueAsync().InTime();
        // The last that a reconnect does before its connection counts.
        logs.Then = () =>
        {
            logs.Disposing = broker.DisposeAsync().AsTask();
            Assert.True(SpinWait.SpinUntil(() => broker.State == BrokerConnectionState.Closed, TimeSpan.FromSeconds(10)));
        };

        relay.CutAll();
        await logs.Seen.Task.InTime();

        await logs.Disposing.InTime();
        await Eventually.IsTrueAsync("no connection", () => Task.FromResult(relay.Open == 0));
    }

    /// <summary>Does something in the middle of the library, where it logs a certain line for the first time.</summary>
    private sealed class LogOnce(string line) : ILoggerFactory, ILogger
    {
        private Action? _then;

        public Signal Seen { get; } = new();

        public Task Disposing { get; set; } = Task.CompletedTask;

        public Action Then
        {
            set => Volatile.Write(ref _then, value);
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!formatter(state, exception).StartsWith(line, StringComparison.Ordinal) || Interlocked.Exchange(ref _then, null) is not { } then)
                return;
            then();
            Seen.Set();
        }

        public void Dispose()
        {
        }
    }
}
