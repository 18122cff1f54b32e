using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting;

/// <summary>
/// The brokers' life with the host. Before anything starts, what can be checked is checked; then the brokers connect and
/// declare; consumers begin when all services have started, and end before any of them stops, since handlers may need
/// them; publishing ends last.
/// </summary>
internal sealed class BrokerHostedService(
    HostedBrokers brokers, IHostApplicationLifetime lifetime, ILoggerFactory loggers)
    : IHostedLifecycleService, IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger(HostingLog.Category);
    private readonly CancellationTokenSource _stop = new();

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var broker in brokers.All)
            await broker.PrepareAsync().ConfigureAwait(false);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(brokers.All.Select(broker =>
    {
        var opening = broker.Client.OpenAsync(broker.Options.FailFast ? cancellationToken : _stop.Token);
        if (broker.Options.FailFast)
            return opening;
        ObserveLater(opening); // the client has logged what it was, and goes on trying
        return Task.CompletedTask;
    }));

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var starting = new List<Task>();
        foreach (var broker in brokers.All)
        {
            foreach (var consumer in broker.Consumers)
            {
                consumer.Begin(broker.Client);
                ObserveLater(WatchAsync(broker, consumer));
                if (broker.Options.FailFast)
                    starting.Add(consumer.Started.WaitAsync(cancellationToken));
            }
        }

        return Task.WhenAll(starting);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(brokers.All.SelectMany(static broker => broker.Consumers)
            .Select(consumer => consumer.StopAsync(cancellationToken))).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Bounded by itself: a client lets its publishes end for five seconds at the most.
    public Task StoppedAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(brokers.All.Select(static broker => broker.Client.DisposeAsync().AsTask()));

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(HostedBroker broker, HostedConsumer consumer)
    {
        if (await consumer.Ended.ConfigureAwait(false) is not { } failure)
            return;
        if (broker.Options.FailFast && consumer.Started.IsFaulted)
            return; // the start of the host fails with it
        if (broker.Options.StopHostWhenConsumerFails)
        {
            HostingLog.ConsumerFailedAndHostStops(_logger, consumer.Queue, failure.Message);
            lifetime.StopApplication();
        }
        else
        {
            HostingLog.ConsumerFailed(_logger, consumer.Queue, failure.Message);
        }
    }

    private static void ObserveLater(Task task) => _ = task.ContinueWith(
        static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
