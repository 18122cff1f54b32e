// Asks for a number of Fibonacci:  dotnet run examples/Tutorials/6-Rpc/RpcClient.cs 30
using Broker.Client;

var n = args is [] ? "30" : args[0];
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);

Console.WriteLine($"[x] Requesting fib({n})");
var reply = await broker.CallAsync("rpc_queue", n); // fails where nobody serves, nobody answers in time, or the server does
Console.WriteLine($"[.] Got {reply.GetText()}");
