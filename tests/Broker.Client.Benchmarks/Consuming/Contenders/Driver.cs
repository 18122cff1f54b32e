using Broker.Client.Benchmarks.Comparing;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>How RabbitMQ.Client acknowledges.</summary>
internal enum DriverAcks
{
    Each,
    Auto,

    /// <summary>By hand, in order: one for 64, or for half the prefetch where that is less.</summary>
    Multiple,
}

/// <summary>RabbitMQ.Client with its defaults, through a consumer class, which costs less than its event.</summary>
internal sealed class Driver(DriverAcks acks) : ILibrary
{
    private static readonly Dictionary<string, object?> s_fromStart = new() { ["x-stream-offset"] = "first" };

    public bool Can(ConsumeWork work) => acks switch
    {
        DriverAcks.Each => true,
        DriverAcks.Auto => work is { Waits: false, Replays: false, Measure: Measure.Rate },
        _ => work is { Waits: false, Measure: Measure.Rate, Lanes: 1, Consumers: 1 },
    };

    public async Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally)
    {
        CountingTcpClient? tcp = null;
        var factory = new ConnectionFactory { Uri = uri, SocketFactory = family => tcp = new CountingTcpClient(family) };
        var connection = await factory.CreateConnectionAsync();
        var options = new CreateChannelOptions(
            publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false, null, (ushort)work.Lanes);
        for (var count = 0; count < work.Consumers; count++)
        {
            var channel = await connection.CreateChannelAsync(options);
            await channel.BasicQosAsync(0, (ushort)work.Prefetch, global: false);
            await channel.BasicConsumeAsync(
                group.Queue(work.Queue), autoAck: acks == DriverAcks.Auto, "", noLocal: false, exclusive: false,
                work.Replays ? s_fromStart : null,
                new Consumer(channel, tally, acks, Math.Clamp(work.Prefetch / 2, 1, 64)));
        }

        return new Running(connection, tcp!); // the connection stands on it
    }

    private sealed class Running(IConnection connection, CountingTcpClient tcp) : IRunning
    {
        public long? Sends => tcp.Sends;

        public async ValueTask DisposeAsync()
        {
            await connection.AbortAsync();
            await connection.DisposeAsync();
        }
    }

    private sealed class Consumer(IChannel channel, Tally tally, DriverAcks acks, int most) : AsyncDefaultBasicConsumer(channel)
    {
        private int _count;

        public override async Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            await tally.HandleAsync(body);
            if (acks == DriverAcks.Each)
                await Channel.BasicAckAsync(deliveryTag, multiple: false, cancellationToken);
            else if (acks == DriverAcks.Multiple && ++_count % most == 0)
                await Channel.BasicAckAsync(deliveryTag, multiple: true, cancellationToken);
        }
    }
}
