using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting;

/// <summary>
/// A consumer in its host: started for as long as it takes the broker to be there, watched until it ends, stopped when the
/// host stops.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose.")]
internal sealed class HostedConsumer(
    string queue, ConsumerOptions options, ConsumerStart start, TimeProvider time, ILogger logger)
{
    /// <summary>Between two attempts at a start, after an error that waiting for a connection does not mend.</summary>
    internal static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<Exception?> _running = Task.FromResult<Exception?>(null);
    private volatile Consumer? _consumer;

    public string Queue => queue;

    /// <summary>Completes when the broker has accepted it, or with what keeps it from that for good.</summary>
    public Task Started => _started.Task;

    /// <summary>Completes when it has ended: with null after a stop, else with the error that waiting does not mend.</summary>
    public Task<Exception?> Ended => _running;

    /// <summary>Why it has failed for good; null where it has not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>How it stands.</summary>
    public ConsumerStatus Status => Failure is not null ? new(ConsumerState.Failed, 0, 0, 0, null)
        : _consumer?.Status ?? new(ConsumerState.Starting, 0, 0, 0, null);

    /// <summary>The consumer itself, once the broker has accepted it.</summary>
    public Consumer? Consumer => _consumer;

    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public void Begin(BrokerClient client) => _running = RunAsync(client, start(client, options, _stop.Token));

    /// <summary>Stops it; when the token fires, without waiting for its handlers any longer. Bounded.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_consumer is { } consumer)
        {
            try
            {
                await consumer.StopAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                HostingLog.StopCutShort(logger, queue, consumer.Status.InFlight);
                await consumer.AbortAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        await _running.ConfigureAwait(false);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Ends in Failure, and is logged.")]
    private async Task<Exception?> RunAsync(BrokerClient client, ValueTask<Consumer> starting)
    {
        try
        {
            var consumer = await StartAsync(client, starting).ConfigureAwait(false);
            _consumer = consumer;
            _started.TrySetResult();
            if (_stop.IsCancellationRequested)
                await consumer.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await consumer.Completion.ConfigureAwait(false);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The host stops, or the client was disposed of.
            _started.TrySetCanceled(CancellationToken.None);
        }
        catch (Exception failure)
        {
            Failure = failure;
            _started.TrySetException(failure);
            _ = _started.Task.Exception;
        }

        return Failure;
    }

    // A login that is refused may be mended while the host runs, and so may be what cut the start off.
    private async Task<Consumer> StartAsync(BrokerClient client, ValueTask<Consumer> starting)
    {
        while (true)
        {
            try
            {
                return await starting.ConfigureAwait(false);
            }
            catch (BrokerConnectionException error)
            {
                HostingLog.ConsumerNotStarted(logger, queue, error.Message);
            }

            await Task.Delay(Retry, time, _stop.Token).ConfigureAwait(false);
            starting = start(client, options, _stop.Token);
        }
    }
}
