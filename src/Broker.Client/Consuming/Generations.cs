namespace Broker.Client;

/// <summary>
/// The channels of one subscription: the one that delivers is the last; before it those that were cancelled, until their
/// verdicts are in.
/// </summary>
internal sealed class Generations(TimeProvider time)
{
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new(); // guards the list
    private readonly List<ConsumerGeneration> _open = [];
    private ConsumerGeneration? _newest;

    /// <summary>Deliveries without a verdict.</summary>
    public int InFlight => Open().Sum(static generation => generation.IsGone ? 0 : generation.Unsettled);

    public DateTimeOffset? LastDelivery => Volatile.Read(ref _newest)?.LastDeliveryAt is { } at and not 0
        ? time.GetUtcNow() - time.GetElapsedTime(at)
        : null;

    /// <summary>Deliveries that had no verdict when the newest channel went.</summary>
    public int LeftOpen => Volatile.Read(ref _newest) is { IsGone: true } gone ? gone.Unsettled : 0;

    public void Add(ConsumerGeneration generation)
    {
        lock (_lock)
            _open.Add(generation);
        Volatile.Write(ref _newest, generation);
    }

    /// <summary>It delivers no more; once its last verdict is in, it closes.</summary>
    public async Task RetireAsync(ConsumerGeneration generation)
    {
        if (!generation.IsGone)
            await generation.CloseWhenSettledAsync(s_closeLimit).ConfigureAwait(false);
        lock (_lock)
            _open.Remove(generation);
    }

    public void CancelHandlers()
    {
        foreach (var generation in Open())
            generation.CancelHandlers();
    }

    public Task CancelAsync(TimeSpan limit) => Task.WhenAll(Open().Select(generation => generation.CancelAsync(limit)));

    public Task CloseAsync(TimeSpan limit) => Task.WhenAll(Open().Select(generation => generation.CloseAsync(limit)));

    private List<ConsumerGeneration> Open()
    {
        lock (_lock)
            return [.. _open];
    }
}
