// Sends a message to itself:  dotnet run --project examples/Quickstart [-- --uri amqp://user:password@host]
using Broker.Client;
using Broker.Client.Testing;

var uri = Environment.GetEnvironmentVariable("BROKER_URI");
if (args is ["--uri", var given])
{
    uri = given;
}
else if (args.Length > 0)
{
    Console.Error.WriteLine("Usage: Quickstart [--uri URI]");
    return 2;
}

try
{
    await using var inside = uri is null ? await TestBroker.StartAsync() : null;
    if (inside is not null)
        Console.WriteLine("No --uri and no BROKER_URI: using a test broker inside this program.");

    // One attempt: where there is no broker, say so at once.
    await using var broker = await BrokerClient.ConnectAsync(BrokerOptions.Parse(uri ?? $"{inside!.Uri}") with { ConnectAttempts = 1 });

    // A queue without a name gets one of its own, and goes when this program does.
    var queue = (await broker.DeclareQueueAsync()).Name;
    await broker.SendAsync(queue, "Hello World!"); // completes when the broker has confirmed it

    using var stop = new CancellationTokenSource();
    await using var consumer = await broker.ConsumeAsync(queue, delivery =>
    {
        Console.WriteLine($"[x] Received {delivery.GetText()}");
        stop.Cancel();
    });
    await consumer.RunAsync(stop.Token);
    return 0;
}
catch (BrokerConnectionException error) when (error.Reason == ConnectionFailure.Unreachable)
{
    Console.Error.WriteLine($"{error.Message} No broker yet? Run one: docker run --rm -p 5672:5672 rabbitmq:4");
    return 1;
}
catch (Exception error) when (error is BrokerException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
