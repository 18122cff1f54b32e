// Reads ten messages in a loop and leaves; what the broker had sent beyond them goes back:  dotnet run examples/FromPika/ReadTen.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
await broker.DeclareQueueAsync("recipes");

var read = 0;
await foreach (var delivery in broker.ReadAsync("recipes"))
{
    Console.WriteLine($"[x] {delivery.GetText()}");
    await delivery.AckAsync();
    if (++read == 10)
        break;
}
