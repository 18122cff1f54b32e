using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.Hosting.Tests.Polling;

/// <summary>An HTTP endpoint on loopback, as a good one is: with validators, and with a limit of rate where it is told to.</summary>
internal sealed class PostsServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private int _requests;
    private long _bytes;
    private int _atATime;

    public PostsServer()
    {
        Uri = new Uri($"http://127.0.0.1:{LoopbackPort.Free()}/posts?key=secret");
        _listener.Prefixes.Add(Uri.GetLeftPart(UriPartial.Authority) + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Uri { get; }

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

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        try
        {
            while (_listener.IsListening)
                answers.Add(AnswerAsync(await _listener.GetContextAsync()));
        }
        catch (Exception error) when (!_listener.IsListening && error is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await WriteAsync(context);
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Who asked has gone, or the server has.
        }
    }

    private async Task WriteAsync(HttpListenerContext context)
    {
        MostAtATime = Math.Max(MostAtATime, Interlocked.Increment(ref _atATime));
        Interlocked.Increment(ref _requests);
        await Held;
        var (request, response) = (context.Request, context.Response);
        var body = Encoding.UTF8.GetBytes(Body);
        var etag = $"\"{Convert.ToHexString(SHA256.HashData(body))}\"";
        if (Refusals.TryDequeue(out var refusal))
        {
            response.StatusCode = refusal.Status;
            if (refusal.RetryAfter is not null)
                response.AddHeader("Retry-After", refusal.RetryAfter);
        }
        else if (Validates && request.Headers["If-None-Match"] == etag)
        {
            response.StatusCode = 304;
        }
        else
        {
            if (Validates)
            {
                response.AddHeader("ETag", etag);
                response.AddHeader("Last-Modified", DateTime.UnixEpoch.ToString("R", CultureInfo.InvariantCulture));
            }

            await response.OutputStream.WriteAsync(body);
            Interlocked.Add(ref _bytes, body.Length);
        }

        Interlocked.Decrement(ref _atATime);
        response.Close();
    }
}
