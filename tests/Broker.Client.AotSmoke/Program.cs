// A native program that uses what applications use, on the broker in BROKER_URI. Prints a line for each thing that worked.
using System.Diagnostics;
using Broker.Client;
using Broker.Client.AotSmoke;
using Broker.Client.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

Tell($"started after {Age():0} ms");
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? throw new InvalidOperationException("BROKER_URI is not set.");
var queue = $"aot.{Guid.NewGuid():n}";
var patience = TimeSpan.FromSeconds(30);

await using (var client = await BrokerClient.ConnectAsync(uri))
{
    await client.DeclareQueueAsync(queue);
    await client.SendAsync(queue, Message.FromJson(new Parcel(1, "anvil"), ParcelJson.Default.Parcel));
    var came = new TaskCompletionSource<Parcel?>(TaskCreationOptions.RunContinuationsAsynchronously);
    await using (await client.ConsumeAsync(queue, delivery => { came.TrySetResult(delivery.GetJson(ParcelJson.Default.Parcel)); }))
        Expect("publish and consume JSON", await InTime(came.Task) == new Parcel(1, "anvil"));

    await using (await client.ServeAsync(queue, request => Message.FromText(request.GetText().ToUpperInvariant())))
        Expect("call and serve", (await client.CallAsync(queue, "marco", patience)).GetText() == "MARCO");
}

var services = new ServiceCollection();
services.AddBroker(uri).DeclareQueue(queue);
await using (var provider = services.BuildServiceProvider())
{
    var result = await provider.GetRequiredService<IPublisher>().SendAsync(queue, Message.FromText("text"));
    var delivery = await provider.GetRequiredService<BrokerClient>().GetAsync(queue);
    Expect("dependency injection", result.IsConfirmed && delivery?.GetText() == "text");
    await delivery!.AckAsync(); // it is there: that was just expected
}

var builder = Host.CreateApplicationBuilder(args);
builder.Configuration["Broker:Uri"] = uri;
builder.Configuration["Broker:FailFast"] = "true";
builder.Configuration[$"Broker:Consumers:{queue}:Concurrency"] = "2";
builder.Services.AddSingleton<ParcelInbox>();
builder.AddBroker()
    .AddJsonContext(ParcelJson.Default)
    .AddPublisher<Parcel>("", queue)
    .AddConsumer<ParcelHandler, Parcel>(queue);
builder.Services.AddHealthChecks().AddBroker();
using (var host = builder.Build())
{
    await host.StartAsync();
    await host.Services.GetRequiredService<IPublisher<Parcel>>().PublishAsync(new Parcel(2, "rope"));
    Expect("hosting", await InTime(host.Services.GetRequiredService<ParcelInbox>().First) == new Parcel(2, "rope"));

    var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    Expect("health", health.Status == HealthStatus.Healthy);
    await host.Services.GetRequiredService<BrokerClient>().DeleteQueueAsync(queue);
    await host.StopAsync();
}

Tell($"done after {Age():0} ms");

Task<T> InTime<T>(Task<T> task) => task.WaitAsync(patience, TimeProvider.System);

static double Age()
{
    using var self = Process.GetCurrentProcess();
    return (TimeProvider.System.GetUtcNow() - self.StartTime).TotalMilliseconds;
}

static void Tell(string what) => Console.WriteLine($"[x] {what}");

static void Expect(string what, bool isSo)
{
    if (!isSo)
        throw new InvalidOperationException($"It does not work: {what}.");
    Tell(what);
}
