// Sends a log of one severity:  dotnet run examples/Tutorials/4-Routing/EmitLogDirect.cs error "It broke"
using Broker.Client;

var severity = args is [] ? "info" : args[0];
var message = args.Length < 2 ? "Hello World!" : string.Join(' ', args[1..]);
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

await broker.DeclareExchangeAsync("direct_logs", ExchangeKind.Direct);
await broker.PublishAsync("direct_logs", severity, message);
Console.WriteLine($"[x] Sent {severity}: {message}");
