using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>Checks a message at the door and gives it to a lane.</summary>
internal sealed class Publisher : IPublisher, IAsyncDisposable
{
    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);

    private readonly BrokerOptions _options;
    private readonly PublishLane[] _lanes;
    private uint _turn;

    public Publisher(
        BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady,
        ILogger logger)
    {
        _options = options;
        _lanes = new PublishLane[options.Publisher.Channels];
        for (var index = 0; index < _lanes.Length; index++)
            _lanes[index] = new PublishLane(options, connections, topologyReady, new Random(), logger);
    }

    public ValueTask<PublishResult> PublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
        Publish(exchange, routingKey, message, options, throws: true, cancellationToken);

    public ValueTask<PublishResult> TryPublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
        Publish(exchange, routingKey, message, options, throws: false, cancellationToken);

    public ValueTask<PublishResult> SendAsync(
        string queue, Message message, PublishOptions? options, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        return Publish("", queue, message, options, throws: true, cancellationToken);
    }

    public ValueTask<PublishResult> TrySendAsync(
        string queue, Message message, PublishOptions? options, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        return Publish("", queue, message, options, throws: false, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_lanes.Select(lane => lane.StopAsync(s_drainLimit))).ConfigureAwait(false);
        foreach (var lane in _lanes)
            await lane.DisposeAsync().ConfigureAwait(false);
    }

    // Not async: what is wrong with the arguments is thrown at once, and the order of the calls is the order in the lane.
    private ValueTask<PublishResult> Publish(
        string exchange, string routingKey, Message message, PublishOptions? options, bool throws,
        CancellationToken cancellationToken)
    {
        Check.ShortString(exchange);
        Check.ShortString(routingKey);
        MessageCheck.Validate(message, _options.Publisher.MaxMessageBytes);
        if (options?.Deadline is { } own)
            Check.Positive(own, "PublishOptions.Deadline");

        var now = _options.TimeProvider.GetTimestamp();
        var deadline = options?.Deadline ?? _options.Publisher.Deadline;
        var publish = new PendingPublish(
            exchange, routingKey, message, options?.Mandatory ?? exchange.Length == 0, throws, now,
            now + (long)(deadline.TotalSeconds * _options.TimeProvider.TimestampFrequency));
        var result = publish.Start(cancellationToken);
        LaneOf(options?.OrderingKey).Add(publish);
        return result;
    }

    private PublishLane LaneOf(string? orderingKey)
    {
        if (_lanes.Length == 1)
            return _lanes[0];
        var index = orderingKey is null
            ? Interlocked.Increment(ref _turn)
            : (uint)string.GetHashCode(orderingKey, StringComparison.Ordinal);
        return _lanes[index % (uint)_lanes.Length];
    }
}
