// Prints the messages of a queue until Ctrl+C:  dotnet run --project examples/Consumer -- --queue hello
using System.Runtime.InteropServices;
using Broker.Client;

const string usage = "Usage: Consumer --queue NAME [--uri URI] [--ack after-handler|before-handler|manual]";
var (uri, queue, ack) = (Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://guest:guest@localhost", "", AckMode.AfterHandler);
foreach (var pair in args.Chunk(2))
{
    switch (pair)
    {
        case ["--uri", var value]: uri = value; break;
        case ["--queue", var value]: queue = value; break;
        case ["--ack", "after-handler"]: ack = AckMode.AfterHandler; break;
        case ["--ack", "before-handler"]: ack = AckMode.BeforeHandler; break;
        case ["--ack", "manual"]: ack = AckMode.Manual; break;
        default: return Fail(usage, 2);
    }
}

if (queue.Length == 0)
    return Fail(usage, 2);

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    await using var broker = await BrokerClient.ConnectAsync(uri, stop.Token);
    await broker.DeclareQueueAsync(queue);
    await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
    {
        Console.WriteLine($"[x] Received {delivery.GetText()}");
        if (ack == AckMode.Manual)
            await delivery.AckAsync();
    }, new ConsumerOptions { AckMode = ack });

    Console.WriteLine("[*] Waiting for messages. To exit press Ctrl+C");
    await consumer.RunAsync(stop.Token); // on Ctrl+C it finishes what it has begun, and returns
    return 0;
}
catch (OperationCanceledException) { return 0; } // Ctrl+C before there was a connection
catch (Exception error) when (error is BrokerException or ArgumentException or FormatException) { return Fail(error.Message, 1); }

static int Fail(string why, int code) { Console.Error.WriteLine(why); return code; }
void Stop(PosixSignalContext signal) { signal.Cancel = true; stop.Cancel(); }
