// Consumes from a queue that a program of pika has declared:  dotnet run examples/FromPika/ClassicQueue.cs QUEUE
using Broker.Client;

var name = args is [var queue] ? queue : "recipes.classic";
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

// pika's queue_declare(name, durable=True) makes a classic queue; here one is a quorum queue unless it says otherwise.
await broker.DeclareQueueAsync(name, new QueueOptions { Type = QueueType.Classic });
await using var consumer = await broker.ConsumeAsync(name, delivery => Console.WriteLine($"[x] {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for messages. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
