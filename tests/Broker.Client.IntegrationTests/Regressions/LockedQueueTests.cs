using Broker.Client.IntegrationTests.Brokers;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>The wait for a locked queue ended with its connection, and publishing took that end for its own on all later ones.</summary>
public sealed class LockedQueueTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Publishing_goes_on_after_a_connection_that_was_lost_while_a_queue_was_locked()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var logs = new CapturedLogs();
        await using var client = await BrokerClient.ConnectAsync(logs.OptionsFor(relay.Uri));
        var queue = (await client.DeclareQueueAsync()).Name;
        relay.Refuse();
        relay.CutAll();
        await using (var other = await new ConnectionFactory { Uri = brokers.Shared.Uri }.CreateConnectionAsync())
        {
            await DeclareWhenFreeAsync(other, queue);
            relay.AcceptAgain();
            await logs.WaitForAsync(line => line.Id == 2001, s_patience); // declared again, but for what is locked
            relay.Refuse();
            relay.CutAll();
        }

        relay.AcceptAgain();

        var result = await client.TrySendAsync(queue, "text").AsTask().WaitAsync(s_patience, TimeProvider.System);
        Assert.True(result.IsConfirmed, result.ToString());
    }

    // The broker lets go of the queue a moment after the connection of its owner has gone.
    private static async Task DeclareWhenFreeAsync(IConnection connection, string queue)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await using var channel = await connection.CreateChannelAsync();
            try
            {
                await channel.QueueDeclareAsync(queue, durable: true, exclusive: true, autoDelete: false);
                return;
            }
            catch (RabbitMQ.Client.Exceptions.OperationInterruptedException) when (TimeProvider.System.GetElapsedTime(began) < s_patience)
            {
                // Locked yet.
            }
        }
    }
}
