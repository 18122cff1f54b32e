using System.Globalization;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Faults;

/// <summary>What is sent again after a reconnect goes before what is new, in its old order and under its old message ids.</summary>
public sealed class OrderTests(BrokerFixture brokers)
{
    private const int Messages = 6000;

    [Fact]
    public async Task First_appearances_keep_the_order_of_the_calls_over_five_cuts()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(new CapturedLogs().OptionsFor(relay.Uri));
        var queue = probe.NewName();
        await client.DeclareQueueAsync(queue);
        var sends = new List<Task<PublishResult>>();

        for (var cut = 0; cut < 6; cut++)
        {
            // Confirms are held up, so that the cut finds a window full of messages that the broker has and the client does not know of.
            if (cut > 0)
                relay.Stall(Flow.ToClient);
            for (var number = 0; number < Messages / 6; number++)
                sends.Add(client.TrySendAsync(queue, sends.Count.ToString(CultureInfo.InvariantCulture)).AsTask());
            if (cut > 0)
            {
                await probe.WaitForMoreThanAsync(queue, (uint)(cut * Messages / 6));
                relay.CutAll(reset: cut % 2 == 0);
                relay.Resume();
            }

            await Task.WhenAll(sends).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        }

        var results = await Task.WhenAll(sends);
        var arrived = await probe.DrainAsync(queue);

        Assert.All(results, result => Assert.True(result.IsConfirmed, result.ToString()));
        var firsts = arrived.Select(message => int.Parse(message.Text, CultureInfo.InvariantCulture)).Distinct().ToList();
        Assert.Equal(Enumerable.Range(0, Messages), firsts);
        Assert.True(arrived.Count > Messages, "No message came twice: the cuts did not bite.");
        Assert.All(arrived, message => Assert.Equal(results[int.Parse(message.Text, CultureInfo.InvariantCulture)].MessageId, message.Properties.MessageId));
    }
}
