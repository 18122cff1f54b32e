// Works, one task at a time, until Ctrl+C; start several:  dotnet run examples/Tutorials/2-WorkQueues/Worker.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareQueueAsync("task_queue");
await using var consumer = await broker.ConsumeAsync("task_queue", async delivery =>
{
    var task = delivery.GetText();
    Console.WriteLine($"[x] Received {task}");
    await Task.Delay(TimeSpan.FromSeconds(task.Count(letter => letter == '.')));
    Console.WriteLine("[x] Done"); // and acknowledged, now that the handler has ended well
}, new ConsumerOptions { Prefetch = 1 });
Console.WriteLine("[*] Waiting for tasks. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
