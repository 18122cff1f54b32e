// Sends one message:  dotnet run examples/Tutorials/1-HelloWorld/Send.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

await broker.DeclareQueueAsync("hello");
await broker.SendAsync("hello", "Hello World!"); // completes when the broker has confirmed it
Console.WriteLine("[x] Sent Hello World!");
