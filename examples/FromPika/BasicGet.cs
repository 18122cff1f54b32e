// Takes what is in a queue, one message at a time, and ends when it is empty:  dotnet run examples/FromPika/BasicGet.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
await broker.DeclareQueueAsync("recipes");

while (await broker.GetAsync("recipes") is { } delivery)
{
    Console.WriteLine($"[x] {delivery.GetText()}");
    await delivery.AckAsync();
}

Console.WriteLine("[*] Nothing left");
