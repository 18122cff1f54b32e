// Listens to patterns of topics until Ctrl+C:  dotnet run examples/Tutorials/5-Topics/ReceiveLogsTopic.cs "kern.*" "*.critical"
using Broker.Client;

if (args is [])
{
    Console.Error.WriteLine("Usage: ReceiveLogsTopic PATTERN...");
    return 1;
}

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareExchangeAsync("topic_logs", ExchangeKind.Topic);
var queue = await broker.DeclareQueueAsync();
foreach (var pattern in args)
    await broker.BindQueueAsync(queue.Name, "topic_logs", pattern);

await using var consumer = await broker.ConsumeAsync(queue.Name, delivery =>
    Console.WriteLine($"[x] {delivery.RoutingKey}: {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for logs. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
return 0;
