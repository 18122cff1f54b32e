using Broker.Client.Hosting;

namespace OAuth2;

/// <summary>Publishes once a second.</summary>
internal sealed class Clock(IPublisher<string> ticks) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var seconds = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var count = 1; await seconds.WaitForNextTickAsync(stoppingToken); count++)
            await ticks.PublishAsync($"tick {count}", cancellationToken: stoppingToken);
    }
}
