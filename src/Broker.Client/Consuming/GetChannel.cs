using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>
/// One channel on which single messages are fetched from one queue. It stays open for their verdicts; a queue that does
/// not exist costs this channel and no other's.
/// </summary>
internal sealed class GetChannel : ISettle
{
    private readonly IChannel _channel;
    private readonly LiveConnection _connection;
    private readonly string _queue;
    private readonly BrokerOptions _options;
    private readonly Telemetry _telemetry;
    private int _unsettled;
    private volatile bool _closed;

    private GetChannel(
        IChannel channel, LiveConnection connection, string queue, BrokerOptions options, IRetryLater later, Telemetry telemetry)
    {
        Later = later;
        _telemetry = telemetry;
        _channel = channel;
        _connection = connection;
        _queue = queue;
        _options = options;
        channel.ChannelShutdownAsync += OnShutdownAsync;
    }

    public IRetryLater Later { get; }

    public bool IsClosed => _closed || _connection.Generation.IsCancellationRequested;

    public bool HasUnsettled => Volatile.Read(ref _unsettled) > 0;

    public static async Task<GetChannel> OpenAsync(
        LiveConnection connection, string queue, BrokerOptions options, IRetryLater later, Telemetry telemetry)
    {
        try
        {
            var channel = await connection.OpenChannelAsync("to fetch on").ConfigureAwait(false);
            return new GetChannel(channel, connection, queue, options, later, telemetry);
        }
        catch (Exception error)
            when (DriverErrors.IsGone(error) || error is RabbitMQ.Client.Exceptions.ChannelAllocationException)
        {
            throw DriverErrors.Operation(error, "Opening a channel to fetch on");
        }
    }

    /// <summary>The next message, or null where the queue has none ready. One call at a time.</summary>
    public async Task<Delivery?> GetAsync()
    {
        Tracing.LeaveCallersSpan();
        try
        {
            var result = await _channel.BasicGetAsync(_queue, autoAck: false)
                .WithinAsync(_options.OperationTimeout, _options.TimeProvider, _connection.Generation).ConfigureAwait(false);
            if (result is null)
                return null;
            // The driver makes a copy of its own for a fetched body.
            var delivery = new AmqpDelivery(
                _queue, result.DeliveryTag, result.Redelivered, result.Exchange, result.RoutingKey,
                result.BasicProperties, result.Body.ToArray());
            delivery.AttachTo(this);
            Interlocked.Increment(ref _unsettled);
            return delivery;
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            Close();
            throw DriverErrors.Operation(error, $"Fetching from queue '{_queue}'");
        }
    }

    public async ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict)
    {
        var began = _telemetry.Begin(OperationKind.Settling(verdict));
        var isSettled = await WriteAsync(delivery, verdict).ConfigureAwait(false);
        _telemetry.Settled(delivery, verdict, began, _connection.Server);
        return isSettled;
    }

    private async ValueTask<bool> WriteAsync(Delivery delivery, Verdict verdict)
    {
        Tracing.LeaveCallersSpan();
        try
        {
            if (IsClosed)
                return false;
            await _channel.SettleAsync(new Settling(delivery.DeliveryTag, verdict, Multiple: false), _connection.Generation)
                .ConfigureAwait(false);
            return !IsClosed;
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            return false;
        }
        finally
        {
            // After the write: a channel without unsettled messages may be closed for others that are asked for.
            Interlocked.Decrement(ref _unsettled);
        }
    }

    /// <summary>Hands back all that has no verdict; where the channel closes over them, brokers count it against them.</summary>
    public async Task ReleaseAllAsync()
    {
        Tracing.LeaveCallersSpan();
        if (IsClosed || !HasUnsettled)
            return;
        try
        {
            await _channel.BasicNackAsync(0, multiple: true, requeue: true, _connection.Generation).ConfigureAwait(false);
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            // They are back with the channel.
        }
    }

    /// <summary>What has no verdict goes back to the queue.</summary>
    public void Close()
    {
        _closed = true;
        LiveConnection.AbandonChannel(_channel);
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        _closed = true;
        return Task.CompletedTask;
    }
}
