using System.Collections.Concurrent;
using System.Security.Cryptography;
using Broker.Client.Testing;

namespace OAuth2;

/// <summary>
/// Stands in for an authorization server, and for what a RabbitMQ with rabbitmq_auth_backend_oauth2 knows of its tokens, so that
/// this example needs neither. Its tokens are good for four seconds.
/// </summary>
internal sealed class AuthorizationServer : IAsyncDisposable
{
    private const int Seconds = 4;
    private static readonly string s_client = $"Basic {Convert.ToBase64String("example:example-secret"u8)}";

    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new();
    private readonly WebApplication _server;

    private AuthorizationServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapPost("/token", Issue);
    }

    /// <summary>What a program that asks it has in its configuration.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["OAuth2:TokenEndpoint"] = $"{_server.Urls.Single()}/token",
        ["OAuth2:ClientId"] = "example",
        ["OAuth2:ClientSecret"] = "example-secret",
    };

    public static async Task<AuthorizationServer> StartAsync()
    {
        var server = new AuthorizationServer();
        await server._server.StartAsync();
        return server;
    }

    /// <summary>As the broker asks: null for a token that is not known, or not good any more.</summary>
    public TestLogin? Check(string user, string token) =>
        _tokens.TryGetValue(token, out var until) && until > DateTimeOffset.UtcNow ? new TestLogin(until) : null;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private IResult Issue(HttpRequest request)
    {
        if (request.Headers.Authorization != s_client)
            return Results.Unauthorized();
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _tokens[token] = DateTimeOffset.UtcNow.AddSeconds(Seconds);
        Console.WriteLine($"[x] Token {_tokens.Count} is given out, for {Seconds} seconds");
        return Results.Json(new { access_token = token, token_type = "bearer", expires_in = Seconds });
    }
}
