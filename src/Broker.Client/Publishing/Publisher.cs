using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>Checks a message at the door and gives it to a lane.</summary>
internal sealed class Publisher : IPublisher, IAsyncDisposable
{
    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);

    private readonly BrokerOptions _options;
    private readonly PublishLane[] _lanes;
    private readonly PublishPool _pool;
    private readonly Telemetry _telemetry;
    private readonly IPublishFilter[] _filters;
    private uint _turn;

    public Publisher(
        BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady,
        ILogger logger)
    {
        _options = options;
        _telemetry = new Telemetry(options.TimeProvider, logger);
        _filters = [.. options.Publisher.Filters];
        var (publisher, channels) = (options.Publisher, options.Publisher.Channels);
        MostStreamed = publisher.WindowMessages * channels;
        StreamRoom = new PublishRoom(MostStreamed, publisher.WindowBytes > long.MaxValue / channels
            ? long.MaxValue
            : publisher.WindowBytes * channels);
        _pool = new PublishPool(MostStreamed * 2);
        _lanes = new PublishLane[channels];
        for (var index = 0; index < _lanes.Length; index++)
            _lanes[index] = new PublishLane(options, connections, topologyReady, new Random(), logger);
    }

    /// <summary>How many publishes of one stream may be started and not yet taken by its reader.</summary>
    public int MostStreamed { get; }

    public PublishRoom StreamRoom { get; }

    public bool IsDisposed { get; private set; }

    public ValueTask<PublishResult> PublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
        Publish(new Publication(exchange, routingKey, message, options), throws: true, cancellationToken);

    public ValueTask<PublishResult> TryPublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
        Publish(new Publication(exchange, routingKey, message, options), throws: false, cancellationToken);

    public ValueTask<PublishResult> SendAsync(
        string queue, Message message, PublishOptions? options, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        return Publish(new Publication("", queue, message, options), throws: true, cancellationToken);
    }

    public ValueTask<PublishResult> TrySendAsync(
        string queue, Message message, PublishOptions? options, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        return Publish(new Publication("", queue, message, options), throws: false, cancellationToken);
    }

    public async Task<long> PublishManyAsync(IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publications);
        var confirmed = 0L;
        List<PublishException>? failures = null;
        try
        {
            var stream = new PublishStream(this, throws: true);
            await foreach (var publish in stream.RunAsync(publications, cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await publish.ConfigureAwait(false);
                    confirmed++;
                }
                catch (PublishException failure)
                {
                    (failures ??= []).Add(failure);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    // The stream tells it, once all have ended.
                }
                catch (Exception refusal) when (refusal is not ObjectDisposedException)
                {
                    stream.BreakOff(refusal);
                }
            }
        }
        catch (Exception error) when (failures is not null
            && (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            throw new PublishManyException(confirmed, failures, error);
        }

        return failures is null ? confirmed : throw new PublishManyException(confirmed, failures, null);
    }

    public async IAsyncEnumerable<PublishResult> TryPublishManyAsync(
        IAsyncEnumerable<Publication> publications, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publications);
        var stream = new PublishStream(this, throws: false);
        await foreach (var publish in stream.RunAsync(publications, cancellationToken).ConfigureAwait(false))
        {
            PublishResult result;
            try
            {
                result = await publish.ConfigureAwait(false);
            }
            catch (Exception refusal)
            {
                stream.BreakOff(refusal);
                continue;
            }

            yield return result;
        }
    }

    /// <summary>Refuses, at the door, what cannot be sent; what filters may still mend is refused when they are through.</summary>
    /// <exception cref="ArgumentException">A value of the publication; the message names it.</exception>
    public void Validate(in Publication publication)
    {
        if (IsFiltered(publication))
        {
            ArgumentNullException.ThrowIfNull(publication.Exchange, "exchange");
            ArgumentNullException.ThrowIfNull(publication.RoutingKey, "routingKey");
        }
        else
        {
            ValidateFully(publication);
        }
    }

    /// <summary>Refuses what cannot be sent.</summary>
    /// <exception cref="ArgumentException">A value of the publication; the message names it.</exception>
    public void ValidateFully(in Publication publication)
    {
        var (exchange, routingKey, message, options) = publication;
        Check.ShortString(exchange);
        Check.ShortString(routingKey);
        MessageCheck.Validate(message, message is { IsCopy: true } ? int.MaxValue : _options.Publisher.MaxMessageBytes);
        if (options?.Deadline is { } own)
            Check.Positive(own, "PublishOptions.Deadline");
    }

    /// <summary>Begins one that was checked at the door. <paramref name="ended"/> is told its bytes after its end.</summary>
    public ValueTask<PublishResult> Start(
        in Publication publication, bool throws, Action<int>? ended, CancellationToken cancellationToken) =>
        IsFiltered(publication)
            ? new FilteredPublish(this, _filters, throws).Start(publication, ended, cancellationToken)
            : Send(publication, throws, ended, cancellationToken);

    /// <summary>Hands one that was checked to its lane.</summary>
    public ValueTask<PublishResult> Send(
        in Publication publication, bool throws, Action<int>? ended, CancellationToken cancellationToken, HeldFailure? held = null)
    {
        var options = publication.Options;
        var now = _options.TimeProvider.GetTimestamp();
        var deadline = options?.Deadline ?? _options.Publisher.Deadline;
        var publish = _pool.Rent().Prepare(
            publication, throws, now, now + (long)(deadline.TotalSeconds * _options.TimeProvider.TimestampFrequency), ended, held);
        publish.Operation = _telemetry.Sending(OperationKind.Publish, publication, publish.MessageId);
        var result = publish.Start(cancellationToken);
        LaneOf(options?.OrderingKey).Add(publish);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        await Task.WhenAll(_lanes.Select(lane => lane.StopAsync(s_drainLimit))).ConfigureAwait(false);
        foreach (var lane in _lanes)
            await lane.DisposeAsync().ConfigureAwait(false);
    }

    // Not async: what is wrong with the arguments is thrown at once, and the order of the calls is the order in the lane.
    private ValueTask<PublishResult> Publish(in Publication publication, bool throws, CancellationToken cancellationToken)
    {
        Validate(publication);
        return Start(publication, throws, null, cancellationToken);
    }

    private bool IsFiltered(in Publication publication) =>
        _filters.Length > 0 && publication.Message is { IsCopy: false, IsReply: false };

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
