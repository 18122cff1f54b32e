// Answers with numbers of Fibonacci until Ctrl+C:  dotnet run examples/Tutorials/6-Rpc/RpcServer.cs
using Broker.Client;

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };

await broker.DeclareQueueAsync("rpc_queue");
await using var server = await broker.ServeAsync("rpc_queue", request =>
{
    var n = int.Parse(request.GetText());
    Console.WriteLine($"[.] fib({n})");
    return $"{Fib(n)}";
}, new ConsumerOptions { Prefetch = 1 });
Console.WriteLine("[*] Awaiting requests. To exit press Ctrl+C");
await server.RunAsync(stop.Token);

static long Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);
