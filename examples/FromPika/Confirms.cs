// Tells what became of each message:  dotnet run examples/FromPika/Confirms.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
var queue = await broker.DeclareQueueAsync();

// A publish throws unless it is confirmed, so that what comes after it need not ask.
await broker.SendAsync(queue.Name, "to a queue");
Console.WriteLine("[x] Confirmed");
try
{
    await broker.SendAsync("no.such.queue", "to nobody");
}
catch (PublishException error) when (error.Outcome == PublishOutcome.Returned)
{
    Console.WriteLine($"[x] {error.Message}");
}

// Many at a time, each with an outcome of its own: those that try do not throw.
var publications = new[] { queue.Name, "no.such.queue", queue.Name }.Select(name => new Publication("", name, $"to {name}"));
await foreach (var result in broker.TryPublishManyAsync(publications))
    Console.WriteLine($"[x] {result.MessageId}: {result.Outcome}");
