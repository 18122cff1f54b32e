using System.Globalization;
using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>Debian's pika, in a process of its own. Its blocking channel awaits every confirm, so that it knows no window.</summary>
internal sealed class Pika(PublishGroup group) : Contender
{
    /// <exception cref="NotSupportedException">It is not installed here.</exception>
    public static async Task<Contender> OpenAsync(PublishGroup group)
    {
        await Python.RequirePikaAsync();
        return new Pika(group);
    }

    public override bool Can(PublishWork work) => work.Callers == 1 && work.Queues == 1 && work.Name is "window" or "one" or "rate";

    public override async Task<Section> RunAsync(PublishWork work, TimeSpan time, Latencies latencies)
    {
        var output = await Python.RunAsync(
            "Publishing/publish_pika.py", ready: null, group.Uri.OriginalString, group.Queue(0), $"{group.Size}",
            time.TotalSeconds.ToString(CultureInfo.InvariantCulture), $"{work.PerSecond}");
        double[] figures = [.. output.Split(' ').Select(static one => double.Parse(one, CultureInfo.InvariantCulture))];
        return new Section((long)figures[0], figures[1], figures[2], null, null, figures[3], figures[4]);
    }

    public override ValueTask DisposeAsync() => default;
}
