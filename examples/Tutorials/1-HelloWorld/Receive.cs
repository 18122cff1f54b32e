// Prints what comes, until Ctrl+C:  dotnet run examples/Tutorials/1-HelloWorld/Receive.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareQueueAsync("hello");
await using var consumer = await broker.ConsumeAsync("hello", delivery => Console.WriteLine($"[x] Received {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for messages. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
