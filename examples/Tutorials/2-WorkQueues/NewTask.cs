// Puts a task into the queue, a second of work for each dot:  dotnet run examples/Tutorials/2-WorkQueues/NewTask.cs "Third task..."
using Broker.Client;

var task = args is [] ? "Hello World!" : string.Join(' ', args);
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

await broker.DeclareQueueAsync("task_queue"); // durable
await broker.SendAsync("task_queue", task);   // persistent
Console.WriteLine($"[x] Sent {task}");
