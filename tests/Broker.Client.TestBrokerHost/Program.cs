using System.Runtime.InteropServices;
using Broker.Client.Testing;

// A TestBroker as a program, for clients of other languages:
//
//   Broker.Client.TestBrokerHost [--profile V4_3|V4_0|V3_10] [--port N] [--vhost NAME]...
//
// The first line that it prints is the URI. Then it takes commands from its input, one a line, and answers each with
// "ok COMMAND": block REASON, unblock, close. It ends with its input, or on an interrupt.
var options = new TestBrokerOptions();
List<string> hosts = ["/"];
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--profile": options.Profile = Enum.Parse<BrokerProfile>(args[i + 1]); break;
        case "--port": options.Port = int.Parse(args[i + 1], System.Globalization.CultureInfo.InvariantCulture); break;
        case "--vhost": hosts.Add(args[i + 1]); break;
        default: throw new ArgumentException($"There is no option {args[i]}");
    }
}

options.VirtualHosts = hosts;
await using var broker = await TestBroker.StartAsync(options);
using var interrupt = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
Console.WriteLine(broker.Uri.OriginalString);

try
{
    while (await Task.Run(Console.In.ReadLine, interrupt.Token).WaitAsync(interrupt.Token) is { } line)
    {
        var words = line.Split(' ', 2);
        switch (words[0])
        {
            case "block": broker.Block(words.ElementAtOrDefault(1) ?? "low on memory"); break;
            case "unblock": broker.Unblock(); break;
            case "close": await broker.CloseAllConnectionsAsync(); break;
            default: Console.WriteLine($"unknown command {words[0]}"); continue;
        }

        Console.WriteLine($"ok {words[0]}");
    }
}
catch (OperationCanceledException)
{
    // Interrupted.
}

return;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupt.Cancel();
}
