using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// Single messages by <c>basic.get</c>: a channel for each queue that is asked, closed again when
/// many others were asked since.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore without a wait handle holds nothing to dispose.")]
internal sealed class Fetcher(BrokerOptions options, ConnectionSupervisor connections)
{
    private const int MostChannels = 32;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, GetChannel> _channels = new(StringComparer.Ordinal);

    public async ValueTask<Delivery?> GetAsync(string queue, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        while (true)
        {
            var live = await connections.GetAsync(cancellationToken).ConfigureAwait(false);
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
            catch (TopologyException missing) when (missing.ReplyCode == 404)
            {
                throw new TopologyException(
                    $"There is no queue '{queue}' in virtual host '{options.VirtualHost}'. "
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

        channel = await GetChannel.OpenAsync(live, queue, options).ConfigureAwait(false);
        _channels[queue] = channel;
        return channel;
    }
}
