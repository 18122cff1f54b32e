using System.Text.Json.Serialization;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What <see cref="TotalQueue"/> found.</summary>
internal sealed record TotalQueueResult
{
    public int Attempted { get; init; }

    public int Confirmed { get; init; }

    public int Returned { get; init; }

    public int Rejected { get; init; }

    public int NotSent { get; init; }

    public int Unknown { get; init; }

    /// <summary>Calls that have no outcome at all.</summary>
    public int Pending { get; init; }

    public int Arrived { get; init; }

    /// <summary>Confirmed, and not in the queue.</summary>
    public int Lost { get; init; }

    /// <summary>Unknown, and in the queue.</summary>
    public int Recovered { get; init; }

    /// <summary>In the queue, though nobody published it or its outcome says that it was not sent.</summary>
    public int Unexpected { get; init; }

    /// <summary>Copies beyond the first.</summary>
    public int Duplicates { get; init; }

    /// <summary>Copies with another message id than the one that the result names.</summary>
    public int UnderOtherId { get; init; }

    /// <summary>How many publishes had no outcome at each cut, summed over the cuts.</summary>
    public int UnconfirmedAtCuts { get; init; }

    /// <summary>Copies of a message beyond the first and beyond one for each cut that it was unconfirmed at.</summary>
    public int Unexplained { get; init; }

    /// <summary>Copies that say that they were sent again.</summary>
    public int Marked { get; init; }

    /// <summary>Copies that say of themselves what another copy of the same message says: first, second, ...</summary>
    public int Unmarked { get; init; }

    /// <summary>First appearances that come after one of a later call of the same producer.</summary>
    public int Inversions { get; init; }

    /// <summary>What must be zero wherever connections are lost and nothing else happens, and is not.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Breaches => [.. new (string Name, int Count)[]
    {
        ("lost", Lost), ("unexpected", Unexpected), ("under another id", UnderOtherId), ("duplicates that no cut explains", Unexplained),
        ("resends that do not say so", Unmarked), ("inversions", Inversions), ("pending", Pending),
    }.Where(each => each.Count > 0).Select(each => $"{each.Count} {each.Name}")];

    /// <summary>The same, where every publish must have been confirmed too: nothing else happened, and its deadline was far.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> BreachesOrUnconfirmed =>
        Confirmed < Attempted ? [.. Breaches, $"{Attempted - Confirmed} not confirmed"] : Breaches;
}
