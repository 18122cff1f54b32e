// Works on four messages at a time, a second for each dot, in code that blocks:  dotnet run examples/FromPika/ThreadedWork.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost?heartbeat=5";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareQueueAsync("recipes");
await using var consumer = await broker.ConsumeAsync("recipes", delivery =>
{
    var work = delivery.GetText();
    Console.WriteLine($"[x] {(delivery.Redelivered ? "Again" : "Received")} {work}");
    Thread.Sleep(TimeSpan.FromSeconds(work.Count(letter => letter == '.'))); // heartbeats go on
    Console.WriteLine($"[x] Done {work}");
}, new ConsumerOptions { Concurrency = 4, Prefetch = 4 });
Console.WriteLine("[*] Waiting for work. To exit press Ctrl+C");
await consumer.RunAsync(stop.Token);
