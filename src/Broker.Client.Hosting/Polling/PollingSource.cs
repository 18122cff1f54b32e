using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting;

/// <summary>One source: polls, publishes what is new, waits; one poll at a time.</summary>
/// <param name="name">What it is called in logs.</param>
/// <param name="exchange">Where to.</param>
/// <param name="routingKey">With which key.</param>
/// <param name="options">Frozen.</param>
/// <param name="poll">Asks the source.</param>
/// <param name="publisher">Publishes.</param>
/// <param name="time">The clock.</param>
/// <param name="random">For the jitter.</param>
/// <param name="logger">Where it logs.</param>
internal sealed class PollingSource(
    string name, string exchange, string routingKey, PollingSourceOptions options,
    Func<PollingMemory, CancellationToken, Task<PollingAnswer>> poll, IPublisher publisher, TimeProvider time, Random random,
    ILogger logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private readonly PollingMemory _memory = new(options.StateFile, options.Remember);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _memory.Load(); // what cannot be read fails the start
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // What is polled may be a part of this application.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = await TryPollAsync(failures + 1, stoppingToken).ConfigureAwait(false);
            failures = pause is null ? 0 : failures + 1;
            await Task.Delay(pause ?? Jittered(options.Interval), time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Returns how long to wait after a failure, or null.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Delegates of the user may throw anything, and the source must not die quietly of it.")]
    private async Task<TimeSpan?> TryPollAsync(int failure, CancellationToken stoppingToken)
    {
        try
        {
            await PollAsync(stoppingToken).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error)
        {
            var backoff = Jittered(TimeSpan.FromTicks((long)Math.Min(options.MaxBackoff.Ticks, options.Interval.Ticks * Math.Pow(2, failure - 1))));
            var asked = (error as PollingPauseException)?.RetryAfter ?? TimeSpan.Zero;
            var pause = asked < backoff ? backoff : asked < s_longest ? asked : s_longest;
            HostingLog.PollFailed(logger, name, pause, error.Message);
            return pause;
        }
    }

    private async Task PollAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        PollingAnswer answer;
        try
        {
            answer = await poll(_memory, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"It did not answer within {options.Timeout.TotalSeconds:0.#} s.");
        }

        var published = 0;
        try
        {
            foreach (var item in answer.Items.Where(item => _memory.IsNew(item.Id)))
            {
                item.Message.MessageId ??= item.Id;
                await publisher.PublishAsync(exchange, routingKey, item.Message, cancellationToken: stoppingToken).ConfigureAwait(false);
                _memory.Add(item.Id); // confirmed: only now is it not new any more
                published++;
            }

            // Only now, for else a server that answers "not modified" would keep back what could not be published.
            var isChanged = answer.ETag != _memory.ETag || answer.LastModified != _memory.LastModified;
            _memory.EndRound(answer.ETag, answer.LastModified);
            if (isChanged && published == 0)
                _memory.Save();
        }
        finally
        {
            if (published > 0)
                _memory.Save();
        }

        HostingLog.Polled(logger, name, answer.Items.Count, published);
    }

    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "It spreads polls in time.")]
    private TimeSpan Jittered(TimeSpan wait) => wait * (1 + (options.Jitter * ((2 * random.NextDouble()) - 1)));
}
