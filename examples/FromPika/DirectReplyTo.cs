// Asks and answers over RabbitMQ's direct reply-to:  dotnet run examples/FromPika/DirectReplyTo.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
var queue = await broker.DeclareQueueAsync();

await using (var server = await broker.ServeAsync(queue.Name, request => $"Polo to {request.GetText()}"))
{
    // As many at a time as one likes: each reply finds its call.
    var replies = await Task.WhenAll(Enumerable.Range(1, 3).Select(i => broker.CallAsync(queue.Name, $"Marco {i}")));
    foreach (var reply in replies)
        Console.WriteLine($"[x] {reply.GetText()}");
}

try
{
    await broker.CallAsync(queue.Name, "Marco?", timeout: TimeSpan.FromSeconds(1)); // the server has stopped
}
catch (CallException error) when (error.Reason == CallFailure.TimedOut)
{
    Console.WriteLine($"[x] {error.Message}");
}
