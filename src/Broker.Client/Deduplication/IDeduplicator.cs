namespace Broker.Client;

/// <summary>
/// Remembers which messages were handled, for <see cref="DeduplicationFilter"/>. <see cref="InMemoryDeduplicator"/> does so for
/// one process; put it on a database to have several processes, and later ones, know.
/// </summary>
/// <remarks>
/// <para>The least that a database has to do: <see cref="TryBeginAsync"/> looks whether there is a row,
/// <see cref="CompleteAsync"/> inserts one, and <see cref="AbandonAsync"/> does nothing. Two copies that are handled at the very
/// same time are then both handled. To rule that out too, insert the row at the beginning, with a time after which it counts for
/// nothing, for the process that dies before it completes.</para>
/// <para>Called from many threads at a time. Ids are told apart by queue: a message that goes to two queues is handled
/// in both. What a member throws counts as a handler that threw.</para>
/// </remarks>
public interface IDeduplicator
{
    /// <summary>
    /// False where the message was handled before; else true, and it is the caller's to handle, until
    /// <see cref="CompleteAsync"/> or <see cref="AbandonAsync"/>. While another has it, waits for how that ends.
    /// </summary>
    /// <param name="queue">The queue it came from.</param>
    /// <param name="messageId">Its id. Those of a batch are begun in ordinal order, so that two batches never wait for each other.</param>
    /// <param name="cancellationToken">Ends the waiting: of the handler.</param>
    ValueTask<bool> TryBeginAsync(string queue, string messageId, CancellationToken cancellationToken);

    /// <summary>It was handled. Called before it is acknowledged; one that throws has it handled again.</summary>
    ValueTask CompleteAsync(string queue, string messageId, CancellationToken cancellationToken);

    /// <summary>It was not handled, and comes again. What this throws takes the place of what the handler has thrown.</summary>
    ValueTask AbandonAsync(string queue, string messageId);
}
