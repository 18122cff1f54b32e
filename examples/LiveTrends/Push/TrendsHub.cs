using Broker.Client;
using LiveTrends.Trends;
using Microsoft.AspNetCore.SignalR;

namespace LiveTrends.Push;

/// <summary>What a browser may ask for.</summary>
internal sealed class TrendsHub(TrendBoard board) : Hub
{
    public override Task OnConnectedAsync() => Clients.Caller.SendAsync("board", board.Look());

    /// <summary>Rebuilds the board from that time on, in milliseconds of Unix; null is the stream's start.</summary>
    public Task Replay(long? since) => board.ReplayAsync(
        since is { } time ? StreamOffset.Since(DateTimeOffset.FromUnixTimeMilliseconds(time)) : StreamOffset.First, Context.ConnectionAborted);

    /// <summary>Returns at once: there and back again is twice the WebSocket's own time.</summary>
    public string Ping() => Context.ConnectionId;
}
