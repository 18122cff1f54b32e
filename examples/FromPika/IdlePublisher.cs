// Publishes the lines that are typed, however long it takes:  dotnet run examples/FromPika/IdlePublisher.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
await broker.DeclareQueueAsync("recipes");

while (Console.ReadLine() is { } line)
{
    await broker.SendAsync("recipes", line);
    Console.WriteLine($"[x] Sent {line}");
}
