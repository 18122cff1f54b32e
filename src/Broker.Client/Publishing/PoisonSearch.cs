using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Finds the message over which the broker closed a publishing channel. The broker tells the error and seldom the message, and sent again
/// together they would close the next channel too. Of one writer alone.
/// </summary>
internal sealed partial class PoisonSearch(ILogger logger)
{
    private const ushort NotFound = 404;

    /// <summary>Whether messages are to be sent one at a time, each after the confirm of the last.</summary>
    public bool IsOn { get; private set; }

    /// <summary>The exchange that such an error says does not exist, or null.</summary>
    public static string? MissingExchange(ushort code, string text) =>
        code == NotFound && NoExchange().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Ends what is known to be at fault, and returns what is to be sent again.</summary>
    /// <param name="unconfirmed">What waits for an outcome.</param>
    /// <param name="onTheWire">
    /// How many were on the wire. The one at fault may have ended meanwhile, for its caller: no other may take its blame.
    /// </param>
    /// <param name="code">The broker's code.</param>
    /// <param name="text">The broker's text.</param>
    public List<PendingPublish> Isolate(List<PendingPublish> unconfirmed, int onTheWire, ushort code, string text)
    {
        if (MissingExchange(code, text) is { } exchange)
        {
            var isGuilty = unconfirmed.ToLookup(publish => publish.Exchange == exchange);
            Refuse(isGuilty[true], code, text);
            return [.. isGuilty[false]];
        }

        if (onTheWire == 1)
        {
            Refuse(unconfirmed, code, text);
            return [];
        }

        IsOn = unconfirmed.Count > 0;
        return unconfirmed;
    }

    /// <summary>Over when all that were under suspicion have passed.</summary>
    public void EndUnless(bool isRecovering) => IsOn &= isRecovering;

    private void Refuse(IEnumerable<PendingPublish> publishes, ushort code, string text)
    {
        foreach (var publish in publishes)
        {
            Log.PublishRefused(logger, publish.Exchange, publish.Publication.RoutingKey, text);
            publish.End(PublishOutcome.Rejected, code, text);
            publish.Forget();
        }
    }

    // "NOT_FOUND - no exchange 'x' in vhost '/'"
    [GeneratedRegex("no exchange '(.*?)' in vhost")]
    private static partial Regex NoExchange();
}
