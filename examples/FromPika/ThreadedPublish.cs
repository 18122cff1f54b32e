// Publishes from five threads over one client:  dotnet run examples/FromPika/ThreadedPublish.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
var queue = await broker.DeclareQueueAsync();

await Parallel.ForAsync(0, 5, async (thread, token) =>
{
    for (var i = 0; i < 1000; i++)
        await broker.SendAsync(queue.Name, $"message {i} of thread {thread}", cancellationToken: token);
});
Console.WriteLine($"[x] {await broker.PurgeQueueAsync(queue.Name)} messages in the queue");
