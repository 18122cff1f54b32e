namespace Broker.Client;

/// <summary>Where subscribers keep how far they have come. Called for one subscription by one caller at a time.</summary>
public interface IOffsetStore
{
    /// <summary>The offset of the first event that the subscriber has not handled; null where none is stored.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="subscriber">The subscriber's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores it in place of what was stored; completes when it is safe. What throws is logged and tried again; broken off,
    /// the old one or the new one is stored, and nothing else.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="subscriber">The subscriber's name.</param>
    /// <param name="offset">The offset of the first event that is not handled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default);
}
