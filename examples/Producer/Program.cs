// Sends its arguments, or each line of its input:  dotnet run --project examples/Producer -- --queue hello "Hello World!"
using Broker.Client;

const string usage = "Usage: Producer --queue NAME [--uri URI] [MESSAGE...]";
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://guest:guest@localhost";
var queue = "";
var rest = args;
while (rest is [['-', '-', ..] option, ..])
{
    switch (option, rest.ElementAtOrDefault(1))
    {
        case ("--uri", { } value): uri = value; break;
        case ("--queue", { } value): queue = value; break;
        default: return Fail(usage, 2);
    }

    rest = rest[2..];
}

if (queue.Length == 0 || rest.Any(text => text.StartsWith("--", StringComparison.Ordinal)))
    return Fail(usage, 2);

try
{
    await using var broker = await BrokerClient.ConnectAsync(uri);
    await broker.DeclareQueueAsync(queue);
    foreach (var text in rest.Length > 0 ? rest : Input())
    {
        await broker.SendAsync(queue, text); // completes when the broker has confirmed it
        Console.WriteLine($"[x] Sent {text}");
    }

    return 0;
}
catch (Exception error) when (error is BrokerException or ArgumentException or FormatException)
{
    return Fail(error.Message, 1);
}

static IEnumerable<string> Input() { while (Console.ReadLine() is { } line) yield return line; }

static int Fail(string why, int code) { Console.Error.WriteLine(why); return code; }
