using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Connection;

/// <summary>Credentials that expire, on a clock that is moved. Promise S8.</summary>
[Trait("Promise", "S8")]
public sealed class CredentialsRefreshTests : ILogger, IDisposable
{
    private const int Expiring = 1013;
    private static readonly TimeSpan s_validity = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly List<(int Id, DateTimeOffset At, string Text)> _lines = [];
    private readonly List<(string Secret, DateTimeOffset At)> _updates = [];
    private int _asked;

    public void Dispose() => _gone.Dispose();

    [Fact]
    public async Task A_hundred_refreshes_of_which_one_in_five_fails_leave_no_moment_without_valid_credentials()
    {
        var validUntil = Now + s_validity;
        var lapsed = 0;
        var refreshing = Refresh(
            (_, _) => ++_asked % 5 == 0 ? throw Failure("no token") : new(Fresh()),
            secret =>
            {
                if (Now >= validUntil)
                    lapsed++;
                validUntil = Now + s_validity;
                _updates.Add((secret, Now));
                return Task.CompletedTask;
            });

        await RunUntilAsync(() => _updates.Count == 100, refreshing);

        Assert.Equal(0, lapsed);
        Assert.InRange(_asked, 120, 130);
        Assert.DoesNotContain(_lines, line => line.Id == Expiring);
        Assert.All(_updates.Zip(_updates.Skip(1), (one, next) => next.At - one.At), gap => Assert.InRange(gap, s_validity * 0.66, s_validity));
        await EndAsync(refreshing);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("hangs")]
    [InlineData("gives the same again")]
    [InlineData("is refused by the broker")]
    [InlineData("is not answered by the broker")]
    public async Task A_refresh_that_fails_to_the_end_is_reported_while_there_is_time(string how)
    {
        var expiry = Now + s_validity;
        var refreshing = Refresh(
            async (limit, token) =>
            {
                _asked++;
                if (how == "throws")
                    throw Failure("no token");
                if (how == "hangs")
                {
                    await Task.Delay(limit, _time, token);
                    throw Failure("no answer");
                }

                return how == "gives the same again" ? new BrokerCredentials("user", "same", expiry) : Fresh();
            },
            _ => how == "is not answered by the broker" ? new TaskCompletionSource().Task
                : how == "is refused by the broker" ? Task.FromException(Failure("refused"))
                : Task.CompletedTask);

        await RunUntilAsync(() => Now >= expiry, refreshing);

        var report = Assert.Single(_lines, line => line.Id == Expiring);
        Assert.True(expiry - report.At >= TimeSpan.FromSeconds(1), $"It was reported {expiry - report.At} before the end.");
        Assert.False(refreshing.IsCompleted); // it goes on trying
        await EndAsync(refreshing);
    }

    [Fact]
    public async Task A_failure_is_a_warning_once_and_its_retries_are_not()
    {
        var refreshing = Refresh((_, _) => ++_asked <= 2 ? throw Failure("no token") : new(Fresh()), Note);

        await RunUntilAsync(() => _updates.Count == 1, refreshing);

        Assert.Equal([1011, 1012, 1010], _lines.Select(line => line.Id));
        await EndAsync(refreshing);
    }

    [Fact]
    public async Task Credentials_that_do_not_expire_end_the_asking()
    {
        var refreshing = Refresh((_, _) => new(new BrokerCredentials("user", "for ever")), Note);

        await RunUntilAsync(() => refreshing.IsCompleted, refreshing);

        Assert.Equal(["for ever"], _updates.Select(update => update.Secret));
    }

    [Fact]
    public async Task Those_of_another_user_are_left_to_the_next_connection()
    {
        var refreshing = Refresh((_, _) => new(new BrokerCredentials("another", "x", Now + s_validity)), Note);

        await RunUntilAsync(() => refreshing.IsCompleted, refreshing);

        Assert.Empty(_updates);
        Assert.Equal(1014, Assert.Single(_lines).Id);
    }

    [Fact]
    public async Task A_time_that_no_timer_spans_is_waited_for_all_the_same()
    {
        var refreshing = Refresh((_, _) => new(new BrokerCredentials("user", "next")), Note, TimeSpan.FromDays(300));

        for (var day = 0; day < 199; day++)
            await StepAsync(TimeSpan.FromDays(1));
        Assert.Empty(_updates);
        await RunUntilAsync(() => refreshing.IsCompleted, refreshing, TimeSpan.FromDays(1));

        Assert.Single(_updates);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add((eventId.Id, Now, formatter(state, exception)));

    private DateTimeOffset Now => _time.GetUtcNow();

    private BrokerCredentials Fresh() => new("user", $"token {_asked}", Now + s_validity);

    private static BrokerConnectionException Failure(string text) => new(ConnectionFailure.Unreachable, text);

    private Task Note(string secret)
    {
        _updates.Add((secret, Now));
        return Task.CompletedTask;
    }

    private Task Refresh(
        Func<TimeSpan, CancellationToken, ValueTask<BrokerCredentials>> get, Func<string, Task> update, TimeSpan? validity = null) =>
        new CredentialsRefresh(new BrokerOptions { TimeProvider = _time }.Freeze(), "publishing", get, update, new Drawing(1), this)
            .RunAsync(new BrokerCredentials("user", "", Now + (validity ?? s_validity)), _gone.Token);

    // Continuations of the clock's timers run within Advance, and those of tasks when this thread lets them.
    private async Task RunUntilAsync(Func<bool> isOver, Task refreshing, TimeSpan? step = null)
    {
        for (var steps = 0; !isOver(); steps++)
        {
            Assert.True(steps < 100_000, "Nothing came of it.");
            Assert.False(refreshing.IsFaulted, refreshing.Exception?.ToString());
            await StepAsync(step ?? TimeSpan.FromMilliseconds(10));
        }
    }

    private async Task StepAsync(TimeSpan step)
    {
        _time.Advance(step);
        await Task.Yield();
    }

    private async Task EndAsync(Task refreshing)
    {
        await _gone.CancelAsync();
        await refreshing.SoonAsync();
    }
}
