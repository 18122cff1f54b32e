namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// Has a broker wait two seconds for an ack, not thirty minutes, and look four times a second, not once a minute. It goes for channels opened
/// and for quorum queues declared from then on.
/// </summary>
internal sealed class ConsumerTimeout : IAsyncDisposable
{
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    private readonly BrokerUnderTest _broker;

    private ConsumerTimeout(BrokerUnderTest broker) => _broker = broker;

    /// <summary>For a broker that the test may disturb.</summary>
    public static async Task<ConsumerTimeout> ShortenAsync(BrokerUnderTest broker)
    {
        await broker.SetConsumerTimeoutAsync(Short, channelTick: 256, quorumTick: 256);
        return new ConsumerTimeout(broker);
    }

    /// <summary>As RabbitMQ has them by default.</summary>
    public async ValueTask DisposeAsync() => await _broker.SetConsumerTimeoutAsync(TimeSpan.FromMinutes(30), channelTick: 60_000, quorumTick: 5_000);

}
