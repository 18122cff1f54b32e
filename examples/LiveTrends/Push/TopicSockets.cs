using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using LiveTrends.Feed;

namespace LiveTrends.Push;

/// <summary>
/// Plain WebSockets: <c>/ws?topic=jazz</c> gets the posts of a topic, <c>/ws</c> all. One that reads too slowly holds up nobody: it
/// has room for some, then the oldest give way, and the next message says how many were left out.
/// </summary>
internal sealed class TopicSockets(IHostApplicationLifetime lifetime)
{
    private readonly ConcurrentDictionary<TopicReader, string?> _readers = new();

    public void Publish(Post post)
    {
        foreach (var (reader, topic) in _readers)
        {
            if (topic is null || post.Topics().Contains(topic))
                reader.Add(post);
        }
    }

    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var reader = new TopicReader();
        _readers[reader] = context.Request.Query["topic"].FirstOrDefault()?.ToLowerInvariant();
        var listening = ListenAsync(socket, reader, end);
        try
        {
            await foreach (var (post, missed) in reader.All.WithCancellation(end.Token))
            {
                var text = JsonSerializer.SerializeToUtf8Bytes(new { post.Id, post.Text, post.CreatedAt, missed }, JsonSerializerOptions.Web);
                await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, end.Token);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, end.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException)
        {
            // It has gone, or this program goes.
        }
        finally
        {
            _readers.TryRemove(reader, out _);
            await end.CancelAsync();
            await listening;
        }
    }

    // A browser says nothing here, but that it goes.
    private static async Task ListenAsync(WebSocket socket, TopicReader reader, CancellationTokenSource end)
    {
        try
        {
            while ((await socket.ReceiveAsync(new Memory<byte>(new byte[64]), end.Token)).MessageType != WebSocketMessageType.Close)
            {
            }

            reader.End();
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException)
        {
            await end.CancelAsync();
        }
    }
}
