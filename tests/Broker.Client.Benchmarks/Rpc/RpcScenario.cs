using System.Diagnostics;
using System.Globalization;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Rpc;

/// <summary>One side, measured once.</summary>
internal sealed record Measured(double Rate, double Median, double Bytes, double Cpu);

/// <summary>
/// Round trips a second against the same echo: ours, a hand-written client on the driver with direct reply-to, the
/// tutorial's client, and pika. The sides take turns within each round; what counts is the median of the ratios.
/// </summary>
internal static class RpcScenario
{
    private static readonly byte[] s_body = new byte[64];

    public static Uri Broker => new(Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://guest:guest@127.0.0.1:5672");

    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 2;
        var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7;
        var sides = args.Length > 2 ? args[2].Split(',') : ["hand", "ours", "tutorial", "pika"];
        var counts = args.Length > 3 ? args[3].Split(',').Select(int.Parse).ToArray() : [1, 64, 1000];
        foreach (var kind in args.Length > 4 ? args[4].Split(',') : ["driver"])
        {
            var queue = $"benchmark.rpc.{kind}.{Environment.ProcessId}";
            await using var admin = await new ConnectionFactory { Uri = Broker }.CreateConnectionAsync();
            await using var channel = await admin.CreateChannelAsync();
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
            using var server = await StartServerAsync(queue);
            Console.WriteLine($"{Broker.Host}:{Broker.Port}, {seconds} s a side, {rounds} rounds, server: {kind}");
            foreach (var inFlight in counts)
                await CompareAsync(sides, queue, inFlight, seconds, rounds);
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            await channel.QueueDeleteAsync(queue);
        }

        return 0;
    }

    private static async Task CompareAsync(string[] sides, string queue, int inFlight, double seconds, int rounds)
    {
        var all = sides.ToDictionary(side => side, _ => new List<Measured>());
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < sides.Length; turn++)
            {
                var side = sides[(round + turn) % sides.Length];
                all[side].Add(side == "pika"
                    ? await PikaAsync(queue, inFlight, seconds)
                    : await MeasureAsync(side, queue, inFlight, seconds));
            }
        }

        foreach (var side in sides)
        {
            var own = all[side];
            var rate = Median(own.Select((one, round) => one.Rate / all[sides[0]][round].Rate));
            var p50 = Median(own.Select((one, round) => one.Median / all[sides[0]][round].Median));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{inFlight,5} in flight  {side,-9} {Median(own.Select(one => one.Rate)),8:0}/s ({own.Min(one => one.Rate):0}-{own.Max(one => one.Rate):0})"
                + $"  p50 {Median(own.Select(one => one.Median)),8:0} us  {Median(own.Select(one => one.Bytes)),6:0} B"
                + $"  {Median(own.Select(one => one.Cpu)),6:0.0} us CPU   x{rate:0.00} rate  x{p50:0.00} p50 of {sides[0]}"));
        }
    }

    private static async Task<Measured> MeasureAsync(string side, string queue, int inFlight, double seconds)
    {
        await using var caller = side switch
        {
            "ours" => await OurCaller.ConnectAsync(Broker, queue),
            "hand" => await DriverCaller.ConnectAsync(Broker, queue),
            "hp" => await DriverCaller.ConnectAsync(Broker, queue, "p"),
            "he" => await DriverCaller.ConnectAsync(Broker, queue, "e"),
            "hm" => await DriverCaller.ConnectAsync(Broker, queue, "m"),
            "tutorial" => await TutorialCaller.ConnectAsync(Broker, queue),
            _ => throw new ArgumentException($"There is no side '{side}'."),
        };
        await LoopsAsync(caller, inFlight, seconds / 4);
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        var began = TimeProvider.System.GetTimestamp();
        var took = await LoopsAsync(caller, inFlight, seconds);
        var elapsed = TimeProvider.System.GetElapsedTime(began);
        var used = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        took.Sort();
        return new Measured(
            took.Count / elapsed.TotalSeconds, took[took.Count / 2] * 1e6 / TimeProvider.System.TimestampFrequency,
            (double)bytes / took.Count, used.TotalMicroseconds / took.Count);
    }

    private static async Task<List<long>> LoopsAsync(ICaller caller, int inFlight, double seconds)
    {
        var end = TimeProvider.System.GetTimestamp() + (long)(seconds * TimeProvider.System.TimestampFrequency);
        var all = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(LoopAsync)));
        return [.. all.SelectMany(one => one)];

        async Task<List<long>> LoopAsync()
        {
            var took = new List<long>(4096);
            long now;
            while ((now = TimeProvider.System.GetTimestamp()) < end)
            {
                await caller.CallAsync(s_body);
                took.Add(TimeProvider.System.GetTimestamp() - now);
            }

            return took;
        }
    }

    private static async Task<Measured> PikaAsync(string queue, int inFlight, double seconds)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Rpc", "rpc_pika.py");
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3",
            [script, Broker.OriginalString, queue, $"{inFlight}", string.Create(CultureInfo.InvariantCulture, $"{seconds}")])
        { RedirectStandardOutput = true })!;
        var figures = (await python.StandardOutput.ReadToEndAsync()).Split();
        await python.WaitForExitAsync();
        return new Measured(
            double.Parse(figures[0], CultureInfo.InvariantCulture), double.Parse(figures[1], CultureInfo.InvariantCulture), 0, 0);
    }

    private static async Task<Process> StartServerAsync(string queue)
    {
        var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
            Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
                ? [typeof(RpcScenario).Assembly.Location, "rpc-server", queue]
                : ["rpc-server", queue])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await server.StandardOutput.ReadLineAsync();
        return server;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
