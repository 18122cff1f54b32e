using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>Who takes part.</summary>
internal static class Contender
{
    /// <summary>Every name that <c>--only</c> may hold, in the order of their turns.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "ours", "ours-sync", "limit", "limit-each", "driver", "driver-auto", "driver-multiple", "masstransit", "wolverine",
        "pika",
    ];

    public static async Task<IContender<ConsumeWork>> OpenAsync(string name, ConsumeGroup group, QueueSet queues)
    {
        ILibrary? library = name switch
        {
            "ours" => new Ours(isSynchronous: false),
            "ours-sync" => new Ours(isSynchronous: true),
            "limit" => new Limit(ackBy: 64),
            "limit-each" => new Limit(ackBy: 1),
            "driver" => new Driver(DriverAcks.Each),
            "driver-auto" => new Driver(DriverAcks.Auto),
            "driver-multiple" => new Driver(DriverAcks.Multiple),
            "masstransit" => new MassTransitBus(),
            "wolverine" => new WolverineHost(),
            "pika" => null,
            _ => throw new ArgumentException($"There is no contender '{name}'."),
        };
        var supply = new Supply(group, queues);
        return library is null ? await Pika.OpenAsync(group, supply) : new LibraryContender(library, group, supply);
    }
}
