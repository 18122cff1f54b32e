using System.Collections.Concurrent;

namespace Broker.Client;

/// <summary>Positions that are kept as long as this object: for tests, and for subscribers that begin anew with each process.</summary>
public sealed class MemoryOffsetStore : IOffsetStore
{
    private readonly ConcurrentDictionary<(string Stream, string Subscriber), long> _offsets = new();

    /// <inheritdoc/>
    public ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default) =>
        new(_offsets.TryGetValue((stream, subscriber), out var offset) ? offset : null);

    /// <inheritdoc/>
    public ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
    {
        _offsets[(stream, subscriber)] = offset;
        return default;
    }
}
