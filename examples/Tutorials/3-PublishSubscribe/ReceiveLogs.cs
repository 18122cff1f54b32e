// Listens until Ctrl+C:  dotnet run examples/Tutorials/3-PublishSubscribe/ReceiveLogs.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareExchangeAsync("logs", ExchangeKind.Fanout);
var queue = await broker.DeclareQueueAsync(); // a name of its own, and it goes when this program does
await broker.BindQueueAsync(queue.Name, "logs");

await using var consumer = await broker.ConsumeAsync(queue.Name, delivery => Console.WriteLine($"[x] {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for logs. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
