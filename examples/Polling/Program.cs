// Polling, both halves of it: an API is polled, what is new goes to a queue, and the queue is polled in its turn.
//   dotnet run --project examples/Polling [-- --url https://host/orders.json] [--broker amqp://user:password@host]
// Without a url it polls an API of its own that has something new now and then; without a broker it uses a test broker.
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing;

const string queue = "polling.orders";

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var here = builder.Configuration["urls"] ?? "http://127.0.0.1:5081";
builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, here);
var broker = builder.Configuration["broker"] ?? Environment.GetEnvironmentVariable("BROKER_URI");
await using var inside = broker is null ? await TestBroker.StartAsync() : null;

builder.Services.AddBroker(broker ?? $"{inside!.Uri}")
    .DeclareQueue(queue)
    .AddPollingSource(new Uri(builder.Configuration["url"] ?? $"{here}/orders.json"), "", queue, source =>
    {
        source.Interval = TimeSpan.FromSeconds(1);
        source.StateFile = builder.Configuration["state"]; // with --state FILE it remembers over restarts
    });
builder.Services.AddHostedService<QueuePoller>();
await using var app = builder.Build();

// The API: an order every three seconds, and a validator that changes only then.
var began = DateTimeOffset.UtcNow;
int asked = 0, unchanged = 0;
app.MapGet("/orders.json", (HttpRequest request, HttpResponse response) =>
{
    var count = 1 + (int)((DateTimeOffset.UtcNow - began).TotalSeconds / 3);
    var etag = $"\"{began.ToUnixTimeSeconds()}-{count}\"";
    response.Headers.ETag = etag;
    var isKnown = request.Headers.IfNoneMatch == etag;
    asked++;
    if (isKnown)
        unchanged++;
    Console.WriteLine($"[api] Asked {asked} times, {unchanged} of them for nothing, which cost no body");
    return isKnown
        ? Results.StatusCode(StatusCodes.Status304NotModified)
        : Results.Json(Enumerable.Range(1, count).Select(id => new { id = $"{began.ToUnixTimeSeconds()}-{id}", item = $"anvil {id}" }));
});
Console.WriteLine("[*] Polling. To exit press Ctrl+C");
await app.RunAsync();

/// <summary>
/// The other half: a queue that is asked on a timer. Where messages should be handled as they come, consume instead: the broker then pushes them, and
/// no request is for nothing.
/// </summary>
internal sealed class QueuePoller(BrokerClient broker) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                while (await broker.GetAsync(queue: "polling.orders", cancellationToken: stoppingToken) is { } order)
                {
                    Console.WriteLine($"[x] Got {order.GetText()}");
                    await order.AckAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C.
        }
    }
}
