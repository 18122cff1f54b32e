using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// Single messages by <c>basic.get</c>: a channel for each queue that is asked, closed again when
/// many others were asked since.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore without a wait handle holds nothing to dispose.")]
internal sealed class Fetcher(ConsumingContext context)
{
    private const int MostChannels = 32;

    private readonly InboundLimits _limits = InboundLimits.Of(context.Options, new ConsumerOptions());
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, GetChannel> _channels = new(StringComparer.Ordinal);
    private volatile ServerName? _server;

    public async ValueTask<Delivery?> GetAsync(string queue, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        var began = context.Telemetry.Begin(OperationKind.Get);
        try
        {
            var delivery = await NextAsync(queue, cancellationToken).ConfigureAwait(false);
            context.Telemetry.Received(OperationKind.Get, queue, began, delivery, _server);
            return delivery;
        }
        catch (Exception error)
        {
            context.Telemetry.Received(OperationKind.Get, queue, began, delivery: null, _server, error);
            throw;
        }
    }

    private async ValueTask<Delivery?> NextAsync(string queue, CancellationToken cancellationToken)
    {
        while (await FetchAsync(queue, cancellationToken).ConfigureAwait(false) is { } delivery)
        {
            if (_limits.CauseFor(delivery) is not { } cause)
                return delivery;
            await PutAsideAsync(delivery, cause, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    private async Task PutAsideAsync(Delivery delivery, ParkCause cause, CancellationToken cancellationToken)
    {
        var parking = Parking.QueueFor(delivery.Queue, FailurePolicy.Default);
        Log.MessageTooLarge(context.Logger, delivery.Queue, cause.Excess!); // a cause of the limits names it
        var failure = await context.TryParkAsync(delivery, parking, cause, cancellationToken)
            .ConfigureAwait(false);
        await delivery.TrySettleAsync(failure is null ? Verdict.Ack : Verdict.Release).ConfigureAwait(false);
        if (failure is not null)
            throw new TopologyException(
                $"A message of queue '{delivery.Queue}' {cause.Excess}, and could not be put aside in '{parking}': {failure} It went back.",
                isTransient: true, 0, null);
    }

    private async ValueTask<Delivery?> FetchAsync(string queue, CancellationToken cancellationToken)
    {
        while (true)
        {
            var live = await context.Connections.GetAsync(cancellationToken).ConfigureAwait(false);
            _server = live.Server;
            try
            {
                // Not cancelled once it is under way: a message that was fetched must reach somebody.
                await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    return await (await ChannelOfAsync(live, queue).ConfigureAwait(false)).GetAsync().ConfigureAwait(false);
                }
                finally
                {
                    _turn.Release();
                }
            }
            catch (BrokerConnectionException) when (live.Lost.IsCompleted)
            {
                // Again, on the next connection.
            }
            catch (TopologyException missing) when (missing is { ReplyCode: 404, IsTransient: false })
            {
                throw new TopologyException(
                    $"There is no queue '{queue}' in virtual host '{context.Options.VirtualHost}'. "
                    + "Declare it first, or check its name.",
                    isTransient: false, missing.ReplyCode, missing.ReplyText, missing);
            }
        }
    }

    private async Task<GetChannel> ChannelOfAsync(LiveConnection live, string queue)
    {
        if (_channels.TryGetValue(queue, out var channel) && !channel.IsClosed)
            return channel;
        foreach (var (name, other) in _channels.ToArray())
        {
            var isSpare = _channels.Count >= MostChannels && !other.HasUnsettled;
            if (!other.IsClosed && !isSpare)
                continue;
            other.Close();
            _channels.Remove(name);
        }

        channel = await GetChannel.OpenAsync(live, queue, context.Options, context.RetryQueues, context.Telemetry)
            .ConfigureAwait(false);
        _channels[queue] = channel;
        return channel;
    }
}
