using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>One side of the comparison, open for one group of works.</summary>
internal abstract class Contender : IContender<PublishWork>
{
    /// <summary>Every name that <c>--only</c> may hold, in the order of their turns.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["ours", "ours-traced", "limit", "driver", "driver-limiter", "masstransit", "wolverine", "pika"];

    public static Task<Contender> OpenAsync(string name, PublishGroup group) => name switch
    {
        "ours" => Ours.OpenAsync(group),
        "ours-traced" => Ours.OpenTracedAsync(group),
        "limit" => Limit.OpenAsync(group),
        "driver" => Driver.OpenAsync(group, limited: false),
        "driver-limiter" => Driver.OpenAsync(group, limited: true),
        "masstransit" => MassTransitBus.OpenAsync(group),
        "wolverine" => WolverineHost.OpenAsync(group),
        "pika" => Pika.OpenAsync(group),
        _ => throw new ArgumentException($"There is no contender '{name}'."),
    };

    /// <summary>Whether the work means anything for it.</summary>
    public virtual bool Can(PublishWork work) => true;

    public abstract Task<Section> RunAsync(PublishWork work, TimeSpan time, Latencies latencies);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A library of this process.</summary>
internal abstract class LibraryContender : Contender
{
    /// <summary>Sends on its sockets so far; null where they cannot be counted.</summary>
    protected virtual Func<long>? CountSends => null;

    public override async Task<Section> RunAsync(PublishWork work, TimeSpan time, Latencies latencies)
    {
        var callers = new Callers(Publish, work, latencies);
        var meter = new SectionMeter(CountSends);
        meter.Begin();
        meter.End(await callers.RunAsync(time));
        return meter.Result(latencies);
    }

    /// <summary>Over when it is confirmed.</summary>
    protected abstract Pending Publish(int queue);
}
