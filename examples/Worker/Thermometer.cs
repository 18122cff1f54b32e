using Broker.Client.Hosting;

namespace Worker;

/// <summary>Publishes a reading every second. One that does not get through is logged; the next one follows soon.</summary>
internal sealed partial class Thermometer(IPublisher<Reading> readings, ILogger<Thermometer> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var seconds = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await seconds.WaitForNextTickAsync(stoppingToken))
        {
            var reading = new Reading("kitchen", Random.Shared.Next(150, 350) / 10.0);
            var result = await readings.TryPublishAsync(reading, cancellationToken: stoppingToken);
            if (!result.IsConfirmed)
                NotPublished(logger, $"{result.Outcome}");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A reading was not published: {Outcome}")]
    private static partial void NotPublished(ILogger logger, string outcome);
}
