using Broker.Client.Benchmarks.Comparing;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>RabbitMQ.Client with its own tracking of confirms, plain or with the limiter that its documents recommend.</summary>
internal sealed class Driver : LibraryContender
{
    private readonly byte[] _body;
    private readonly CachedString[] _queues;
    private readonly BasicProperties _properties = new() { Persistent = true };
    private readonly CountingTcpClient _tcp;
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private Driver(PublishGroup group, CountingTcpClient tcp, IConnection connection, IChannel channel)
    {
        _body = new byte[group.Size];
        _queues = [.. Enumerable.Range(0, group.Queues).Select(index => new CachedString(group.Queue(index)))];
        _tcp = tcp;
        _connection = connection;
        _channel = channel;
    }

    protected override Func<long> CountSends => () => _tcp.Sends;

    public static async Task<Contender> OpenAsync(PublishGroup group, bool limited)
    {
        CountingTcpClient? tcp = null;
        var factory = new ConnectionFactory { Uri = group.Uri, SocketFactory = family => tcp = new CountingTcpClient(family) };
        var connection = await factory.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: limited ? new ThrottlingRateLimiter(128) : null));
        return new Driver(group, tcp!, connection, channel); // the connection stands on it
    }

    // Its tracking looks at every message that is out for each confirm: with 100,000 of them it does not come to an end.
    public override bool Can(PublishWork work) => work.Outstanding <= 10_000;

    public override async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    protected override Pending Publish(int queue) =>
        new(_channel.BasicPublishAsync(CachedString.Empty, _queues[queue], mandatory: false, Properties(), _body));

    // One for each message: the tracking writes the number into its headers.
    private BasicProperties Properties() => new(_properties);
}
