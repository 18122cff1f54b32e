using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting.Tests.Polling;

/// <summary>An HTTP endpoint on loopback, as a good one is: with validators, and with a limit of rate where it is told to.</summary>
internal sealed class PostsServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _requests;
    private long _bytes;
    private int _atATime;

    private PostsServer(WebApplication server)
    {
        _server = server;
        server.MapGet("/posts", AnswerAsync);
    }

    public Uri Uri => new($"{_server.Urls.First()}/posts?key=secret");

    public string Body { get; set; } = "[]";

    /// <summary>Answers instead of the body, once each.</summary>
    public Queue<(int Status, string? RetryAfter)> Refusals { get; } = new();

    /// <summary>Whether it tells a validator.</summary>
    public bool Validates { get; set; } = true;

    public Task Held { get; set; } = Task.CompletedTask;

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Of bodies, sent.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public int MostAtATime { get; private set; }

    public static async Task<PostsServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new PostsServer(builder.Build());
        await server._server.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        MostAtATime = Math.Max(MostAtATime, Interlocked.Increment(ref _atATime));
        Interlocked.Increment(ref _requests);
        await Held;
        var (request, response) = (context.Request, context.Response);
        var body = Encoding.UTF8.GetBytes(Body);
        var etag = $"\"{Convert.ToHexString(SHA256.HashData(body))}\"";
        if (Validates)
        {
            response.Headers.ETag = etag;
            response.Headers.LastModified = $"{DateTimeOffset.UnixEpoch:R}";
        }

        if (Refusals.TryDequeue(out var refusal))
        {
            response.StatusCode = refusal.Status;
            response.Headers.RetryAfter = refusal.RetryAfter;
        }
        else if (Validates && request.Headers.IfNoneMatch == etag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
        }
        else
        {
            Interlocked.Add(ref _bytes, body.Length);
            await response.Body.WriteAsync(body);
        }

        Interlocked.Decrement(ref _atATime);
    }
}
