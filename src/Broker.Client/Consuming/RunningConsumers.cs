namespace Broker.Client;

/// <summary>The consumers of a client that run, so that its end is theirs too.</summary>
internal sealed class RunningConsumers
{
    private readonly Lock _lock = new();
    private readonly HashSet<Consumer> _consumers = [];
    private bool _stopping;

    /// <summary>Whether the calling code runs in a handler of one of them.</summary>
    public bool IsInHandler
    {
        get
        {
            lock (_lock)
                return Consumer.Current is { } current && _consumers.Contains(current);
        }
    }

    /// <summary>Those that run at this moment.</summary>
    public IReadOnlyList<Consumer> All
    {
        get
        {
            lock (_lock)
                return [.. _consumers];
        }
    }

    /// <summary>Starts it and keeps it until it ends.</summary>
    /// <exception cref="ObjectDisposedException">All were stopped meanwhile, and so was this one.</exception>
    public async ValueTask<Consumer> StartAsync(Consumer consumer, CancellationToken cancellationToken)
    {
        await consumer.StartAsync(cancellationToken).ConfigureAwait(false);
        bool isStopping;
        lock (_lock)
        {
            isStopping = _stopping;
            if (!isStopping)
                _consumers.Add(consumer);
        }

        if (isStopping)
        {
            await consumer.StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw new ObjectDisposedException(nameof(BrokerClient));
        }

        Bounded.ObserveLater(ForgetAsync(consumer));
        return consumer;
    }

    /// <summary>Stops them all, and all that start from now on; never throws.</summary>
    public async Task StopAllAsync()
    {
        Consumer[] consumers;
        lock (_lock)
        {
            _stopping = true;
            consumers = [.. _consumers];
        }

        await Task.WhenAll(consumers.Select(consumer => consumer.StopAsync(CancellationToken.None)))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ForgetAsync(Consumer consumer)
    {
        await consumer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            _consumers.Remove(consumer);
    }
}
