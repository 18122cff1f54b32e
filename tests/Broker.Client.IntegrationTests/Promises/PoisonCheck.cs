using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Compares what handlers have seen, and what two queues hold at the end, with what the promise allows.</summary>
internal static class PoisonCheck
{
    /// <param name="kind">Of the poison.</param>
    /// <param name="sent">All ids.</param>
    /// <param name="begun">How often the handler of an id began.</param>
    /// <param name="handled">The ids of those whose handler ended well.</param>
    /// <param name="parked">What the parking queue holds.</param>
    /// <param name="left">What the queue holds.</param>
    public static PoisonResult Check(
        Poison kind, IReadOnlyList<string> sent, Func<string, int> begun, IReadOnlySet<string> handled, IReadOnlyList<RawMessage> parked, int left)
    {
        var (poison, good) = (sent.Where(Poison.Is).ToArray(), sent.Where(id => !Poison.Is(id)).ToArray());
        var mostRuns = poison.Select(begun).DefaultIfEmpty().Max();
        var forItsCause = parked.Where(message => Cause(message) == kind.Cause).Select(message => message.Properties.MessageId).ToHashSet();
        var ids = parked.Select(message => message.Properties.MessageId).ToHashSet();
        (int Count, string Words)[] found =
        [
            (poison.Count(id => begun(id) > kind.MostRuns), $"ran more than {kind.MostRuns} times, one of them {mostRuns}"),
            (poison.Count(id => !ids.Contains(id)), "not parked"),
            (parked.Count(message => !poison.Contains(message.Properties.MessageId)), "parked though good"),
            (parked.Count(message => Cause(message) != kind.Cause), $"parked for another reason than {kind.Cause}"),
            (good.Count(id => !handled.Contains(id)), "good ones not handled"),
            (left, "left in the queue"),
        ];
        return new PoisonResult(
            [.. found.Where(each => each.Count > 0).Select(each => $"{each.Count} {each.Words}")], poison.Count(forItsCause.Contains), mostRuns, parked.Count - ids.Count);
    }

    private static string? Cause(RawMessage message) => (message.Header("x-parked-exception") ?? message.Header("x-parked-reason")) as string;
}

/// <param name="Breaches">What contradicts the promise.</param>
/// <param name="Bitten">Poison that was parked for what it is.</param>
/// <param name="MostRuns">Of one poison.</param>
/// <param name="ParkedTwice">Copies beyond the first: allowed, and not expected where nothing is cut.</param>
internal sealed record PoisonResult(IReadOnlyList<string> Breaches, int Bitten, int MostRuns, int ParkedTwice);
