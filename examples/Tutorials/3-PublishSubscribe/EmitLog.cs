// Tells everybody who listens:  dotnet run examples/Tutorials/3-PublishSubscribe/EmitLog.cs "info: it works"
using Broker.Client;

var message = args is [] ? "info: Hello World!" : string.Join(' ', args);
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

await broker.DeclareExchangeAsync("logs", ExchangeKind.Fanout);
await broker.PublishAsync("logs", "", message); // confirmed also when nobody listens
Console.WriteLine($"[x] Sent {message}");
