// Listens to some severities until Ctrl+C:  dotnet run examples/Tutorials/4-Routing/ReceiveLogsDirect.cs warning error
using Broker.Client;

if (args is [])
{
    Console.Error.WriteLine("Usage: ReceiveLogsDirect [info] [warning] [error]");
    return 1;
}

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareExchangeAsync("direct_logs", ExchangeKind.Direct);
var queue = await broker.DeclareQueueAsync();
foreach (var severity in args)
    await broker.BindQueueAsync(queue.Name, "direct_logs", severity);

await using var consumer = await broker.ConsumeAsync(queue.Name, delivery =>
    Console.WriteLine($"[x] {delivery.RoutingKey}: {delivery.GetText()}"));
Console.WriteLine("[*] Waiting for logs. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
return 0;
