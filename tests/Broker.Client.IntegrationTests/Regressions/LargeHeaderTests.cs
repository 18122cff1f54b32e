using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Publishing;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// Headers that did not fit the connection's frames (501, which closes the connection) were sent again on one connection after the other until
/// their deadline, and held up everybody else.
/// </summary>
public sealed class LargeHeaderTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Headers_that_do_not_fit_a_frame_fail_alone_and_cost_no_connection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxFrameSize = 8192);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        await probe.DrainAsync(queue);
        var states = new StateRecorder(broker);
        var large = new Message { Headers = { ["large"] = new byte[10_000] } };

        var bad = await Window.PublishAmongAsync(broker, queue, () => TryAsync(broker, queue, large));

        Assert.Equal(PublishOutcome.NotSent, bad.Outcome);
        Assert.DoesNotContain(BrokerConnectionState.Connecting, states.States);
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    // At the door, or where the connection tells what its frames take: both are well.
    private static async Task<PublishResult> TryAsync(BrokerClient broker, string queue, Message message)
    {
        try
        {
            return await broker.TrySendAsync(queue, message, new() { Deadline = TimeSpan.FromSeconds(5) });
        }
        catch (ArgumentException refused)
        {
            return new PublishResult(PublishOutcome.NotSent, "", ReplyText: refused.Message);
        }
    }
}
