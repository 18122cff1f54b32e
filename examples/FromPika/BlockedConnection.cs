// Publishes every half second, also while the broker has an alarm:  dotnet run examples/FromPika/BlockedConnection.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost?blocked_connection_timeout=2";
await using var broker = await BrokerClient.ConnectAsync(uri);
broker.StateChanged += (_, change) => Console.WriteLine($"[!] {change.Current} {change.Reason}");
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

var queue = await broker.DeclareQueueAsync();
Console.WriteLine("[*] Publishing. To exit press Ctrl+C");
while (!stop.IsCancellationRequested)
{
    var result = await broker.TrySendAsync(queue.Name, "tick");
    Console.WriteLine($"[x] {result.Outcome} {result.ReplyText}");
    await Task.Delay(TimeSpan.FromSeconds(0.5));
}
