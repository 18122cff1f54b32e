using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>A broker, and RabbitMQ.Client connected to it.</summary>
public abstract class BrokerTest : IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly List<IConnection> _connections = [];

    protected TestBroker Broker { get; private set; } = null!;

    protected IConnection Connection { get; private set; } = null!;

    protected IChannel Channel { get; private set; } = null!;

    protected virtual TestBrokerOptions Options { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Broker = await TestBroker.StartAsync(Options);
        Connection = await ConnectAsync();
        Channel = await Connection.CreateChannelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections) await connection.DisposeAsync();
        await Broker.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    protected async Task<IConnection> ConnectAsync(Action<ConnectionFactory>? configure = null)
    {
        var factory = new ConnectionFactory { Uri = Broker.Uri, AutomaticRecoveryEnabled = false };
        configure?.Invoke(factory);
        var connection = await factory.CreateConnectionAsync();
        _connections.Add(connection);
        return connection;
    }

    protected Task<IChannel> ConfirmingAsync() => Connection.CreateChannelAsync(
        new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

    protected async Task<string> QueueAsync(string name = "q", params (string Name, object? Value)[] arguments)
    {
        var ok = await Channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false,
            arguments.ToDictionary(static a => a.Name, static a => a.Value));
        return ok.QueueName;
    }

    protected async Task SendAsync(string queue, params string[] bodies)
    {
        await using var channel = await ConfirmingAsync();
        foreach (var body in bodies) await channel.BasicPublishAsync("", queue, Bytes(body));
    }

    private protected static async Task<Inbox> ConsumeAsync(
        IChannel channel, string queue, bool autoAck = false, string tag = "", bool exclusive = false)
    {
        var inbox = new Inbox(channel);
        inbox.Tag = await channel.BasicConsumeAsync(queue, autoAck, tag, noLocal: false, exclusive, arguments: null,
            inbox);
        return inbox;
    }

    /// <summary>The reason for which the broker closes the channel because of what is done.</summary>
    protected static async Task<ShutdownEventArgs> ClosesAsync(IChannel channel, Func<Task> action)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason);
            return Task.CompletedTask;
        };
        try
        {
            await action();
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            // The reason says it all.
        }

        return await closed.Task.WaitAsync(Soon);
    }
}

/// <summary>Gathers deliveries and waits for them.</summary>
internal sealed class Inbox(IChannel channel) : AsyncDefaultBasicConsumer(channel)
{
    private readonly System.Threading.Channels.Channel<BasicDeliverEventArgs> _got =
        System.Threading.Channels.Channel.CreateUnbounded<BasicDeliverEventArgs>();

    public string Tag { get; set; } = "";

    public int Waiting => _got.Reader.Count;

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task HandleBasicDeliverAsync(string consumerTag, ulong deliveryTag, bool redelivered,
        string exchange, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        _got.Writer.TryWrite(new(consumerTag, deliveryTag, redelivered, exchange, routingKey, properties,
            body.ToArray(), cancellationToken));
        return Task.CompletedTask;
    }

    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        Cancelled.TrySetResult();
        return Task.CompletedTask;
    }

    public Task<BasicDeliverEventArgs> NextAsync() =>
        _got.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
}
