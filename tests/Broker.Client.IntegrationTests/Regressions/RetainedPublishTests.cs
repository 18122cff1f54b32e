using System.Runtime.CompilerServices;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// Publishes that had ended, by their deadline or their token, kept their messages in memory for as long as one before them still waited: against a
/// broker in memory alarm the heap grew with every call.
/// </summary>
public sealed class RetainedPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task What_has_ended_is_let_go_though_one_before_it_still_waits()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var broker = relay.Idle();
        using var token = new CancellationTokenSource();
        var patient = broker.TrySendAsync("q", "waits", cancellationToken: token.Token).AsTask();

        var messages = await EndManyAsync(broker);

        await Eventually.IsTrueAsync("no message is held", () =>
        {
            GC.Collect();
            return messages.Count(message => message.TryGetTarget(out _)) < messages.Length / 10;
        }, TimeSpan.FromSeconds(5));
        Assert.False(patient.IsCompleted);
        await token.CancelAsync();
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // so that nothing of it stays on the stack
    private static async Task<WeakReference<Message>[]> EndManyAsync(BrokerClient broker)
    {
        var messages = Enumerable.Range(0, 200).Select(_ => new Message(new byte[1024])).ToArray();
        var results = await Task.WhenAll(messages.Select(message => broker.TrySendAsync("q", message, new() { Deadline = TimeSpan.FromSeconds(0.2) }).AsTask())).InTime();
        Assert.All(results, result => Assert.Equal(PublishOutcome.NotSent, result.Outcome));
        return [.. messages.Select(message => new WeakReference<Message>(message))];
    }
}
