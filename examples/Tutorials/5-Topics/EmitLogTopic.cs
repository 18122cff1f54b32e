// Sends a log under a topic:  dotnet run examples/Tutorials/5-Topics/EmitLogTopic.cs kern.critical "It broke"
using Broker.Client;

var topic = args is [] ? "anonymous.info" : args[0];
var message = args.Length < 2 ? "Hello World!" : string.Join(' ', args[1..]);
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

await broker.DeclareExchangeAsync("topic_logs", ExchangeKind.Topic);
await broker.PublishAsync("topic_logs", topic, message);
Console.WriteLine($"[x] Sent {topic}: {message}");
