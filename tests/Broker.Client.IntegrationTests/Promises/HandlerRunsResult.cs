using System.Text.Json.Serialization;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What <see cref="HandlerRuns"/> found.</summary>
internal sealed record HandlerRunsResult
{
    public int Published { get; init; }

    /// <summary>Still in the queues at the end.</summary>
    public int Left { get; init; }

    public int Runs { get; init; }

    /// <summary>Runs without an end: their process was killed.</summary>
    public int BrokenOff { get; init; }

    public int Redelivered { get; init; }

    /// <summary>Runs whose process could not tell on which channel their message came.</summary>
    public int WithoutEpoch { get; init; }

    /// <summary>Handled, though nobody published it.</summary>
    public int Unexpected { get; init; }

    /// <summary>No longer in the queue, and no handler ever began.</summary>
    public int Lost { get; init; }

    /// <summary>No longer in the queue, and no handler that began has ended.</summary>
    public int AckedWithoutEnd { get; init; }

    /// <summary>Second and later runs of a message of which the broker said that it had never delivered it.</summary>
    public int AgainThoughFresh { get; init; }

    /// <summary>Second and later runs of one delivery.</summary>
    public int AgainOfOneDelivery { get; init; }

    /// <summary>What must be zero, and is not.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Breaches => [.. new (string Name, int Count)[]
    {
        ("lost", Lost), ("acked without an end", AckedWithoutEnd), ("unexpected", Unexpected),
        ("run again though not redelivered", AgainThoughFresh), ("second runs of one delivery", AgainOfOneDelivery),
    }.Where(each => each.Count > 0).Select(each => $"{each.Count} {each.Name}")];
}
