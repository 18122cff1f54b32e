using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Five hundred publishes that are under way together with one that the broker refuses.</summary>
internal static class Window
{
    private static readonly string[] s_texts = Clients.Numbers(500);

    /// <summary>Publishes the bad one in the middle of the good ones, which must all be confirmed; returns what became of it.</summary>
    public static async Task<PublishResult> PublishAmongAsync(BrokerClient broker, string queue, Func<Task<PublishResult>> publishBad)
    {
        var before = s_texts.Take(250).Select(text => broker.SendAsync(queue, text).AsTask()).ToArray();
        var bad = publishBad();
        var after = s_texts.Skip(250).Select(text => broker.SendAsync(queue, text).AsTask()).ToArray();
        var results = await Task.WhenAll(before.Concat(after)).InTime();
        Assert.All(results, result => Assert.True(result.IsConfirmed));
        return await bad.InTime();
    }

    /// <summary>Twice at the most: what was in doubt when the channel was closed was sent once more.</summary>
    public static async Task AssertAllArrivedAsync(BrokerProbe probe, string queue)
    {
        var arrived = await probe.DrainAsync(queue);
        var copies = arrived.CountBy(message => message.Text).ToDictionary();
        Assert.Equal(s_texts, copies.Keys.OrderBy(text => int.Parse(text, null)));
        Assert.All(copies, each => Assert.InRange(each.Value, 1, 2));
        // A resend has the id of the first; what came last of each is in order.
        Assert.Equal(500, arrived.Select(message => message.Properties.MessageId).Distinct().Count());
        Assert.Equal(s_texts, arrived.AsEnumerable().Reverse().DistinctBy(message => message.Text).Reverse().Select(message => message.Text));
    }
}
