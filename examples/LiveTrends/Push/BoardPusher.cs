using LiveTrends.Trends;
using Microsoft.AspNetCore.SignalR;

namespace LiveTrends.Push;

/// <summary>4. WebSockets: every change of the board is pushed to every browser, several times a second at the most.</summary>
internal sealed class BoardPusher(TrendBoard board, IHubContext<TrendsHub> hub) : BackgroundService
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        (long, int, string) last = default;
        using var timer = new PeriodicTimer(s_pace);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = board.Look();
                if (last == (now.Posts, now.Run, now.Broker))
                    continue;
                last = (now.Posts, now.Run, now.Broker);
                await hub.Clients.All.SendAsync("board", now, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C.
        }
    }
}
