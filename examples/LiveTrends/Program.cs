// What people write about, live, by four ways of streaming: polling, a queue, an event bus, WebSockets.
//   dotnet run --project examples/LiveTrends [-- --urls http://127.0.0.1:5080] [--broker amqp://...] [--url https://host/posts.json]
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing;
using LiveTrends;
using LiveTrends.Feed;
using LiveTrends.Push;
using LiveTrends.Trends;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? "http://127.0.0.1:5080");
var uri = builder.Configuration["broker"] ?? Environment.GetEnvironmentVariable("BROKER_URI");
await using var inside = uri is null ? await TestBroker.StartAsync() : null;

builder.Services.AddSingleton<PostGenerator>().AddSingleton<Latencies>().AddSingleton<TrendBoard>().AddSingleton<TopicSockets>();
builder.Services.AddHostedService(static services => services.GetRequiredService<TrendBoard>()).AddHostedService<BoardPusher>();
builder.Services.AddSignalR();
builder.Services.AddHealthChecks().AddBroker();
builder.Services.AddBroker(uri ?? $"{inside!.Uri}")
    .DeclareQueue(PostWorker.Queue)
    .AddConsumer<PostWorker, Post>(PostWorker.Queue, static consumer => consumer.Concurrency = 4)
    .AddFeed(builder.Configuration["url"]);

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseWebSockets();
app.MapHealthChecks("/health");
app.MapHub<TrendsHub>("/trends");
app.MapGet("/posts.json", static (PostGenerator posts) => posts.Latest());
app.Map("/ws", static (HttpContext context, TopicSockets sockets) => sockets.ServeAsync(context));
await app.RunAsync();
