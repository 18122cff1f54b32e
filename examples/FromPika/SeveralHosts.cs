// Consumes from the first host that answers, and moves on when it goes away:  dotnet run examples/FromPika/SeveralHosts.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost,localhost:5673,localhost:5674";
await using var broker = await BrokerClient.ConnectAsync(uri);
broker.StateChanged += (_, change) => Console.WriteLine($"[!] {change.Current} {change.Cause?.Message}");
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareQueueAsync("recipes");
await using var consumer = await broker.ConsumeAsync("recipes", delivery => Console.WriteLine($"[x] {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for messages. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
