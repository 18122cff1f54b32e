using System.Globalization;
using Broker.Client;

namespace LiveTrends.Feed;

/// <summary>Times that travel with a message, in milliseconds, so that the page can tell how long each way took.</summary>
internal static class Stamp
{
    public const string Polled = "polled-at", Published = "published-at";

    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public static double? Since(Delivery delivery, string header) =>
        delivery.Headers.TryGetValue(header, out var at) ? Now - Convert.ToInt64(at, CultureInfo.InvariantCulture) : null;
}
