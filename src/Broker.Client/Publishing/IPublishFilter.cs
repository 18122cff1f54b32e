using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The rest of a publish: the filters that come after, and then the publish itself.</summary>
/// <param name="publication">What goes on: what the filter was given, or a changed copy of it.</param>
/// <param name="cancellationToken">Stops the waiting; a message that was written already may still arrive.</param>
/// <returns>
/// How it ended; any outcome, also where the caller has an exception made of all but <see cref="PublishOutcome.Confirmed"/>.
/// </returns>
public delegate ValueTask<PublishResult> PublishNext(Publication publication, CancellationToken cancellationToken);

/// <summary>
/// Stands around every publish of a client (<see cref="PublisherOptions.Filters"/>): may change what is published, refuse it by
/// an exception, and see how it ends.
/// </summary>
/// <remarks>
/// <para>Called for <see cref="IPublisher"/>'s publishes, those of streams too, each by itself, and from many threads at a time.
/// Not for calls, replies, and what the library moves on its own account: parked messages, their way home, and delayed
/// retries.</para>
/// <para>A filter that calls the next one before it first awaits keeps the order of the calls; one that awaits before lets
/// others overtake. With filters, what is wrong with a message is told by the result of the publish, and not by the call.</para>
/// <para>What a filter throws ends the publish, also one of the <c>Try</c> forms, and breaks a stream off as a message does
/// that cannot be sent.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "The word of every pipeline in .NET.")]
public interface IPublishFilter
{
    /// <summary>Publishes by <paramref name="next"/>, and does what is to be done before and after.</summary>
    /// <param name="publication">
    /// What is published. A message belongs to its caller, who may publish it again: change a copy (<see cref="Message.Copy"/>), and
    /// go on with <c>publication with { Message = copy }</c>. One without an id gets it later, and the result has it.
    /// </param>
    /// <param name="next">
    /// The rest. Not called, nothing is published, and the result is the filter's; called again, it is published again, under
    /// another id where the message has none.
    /// </param>
    /// <param name="cancellationToken">Of the caller.</param>
    /// <returns>How it ended, for the caller: as a rule what <paramref name="next"/> returned.</returns>
    ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken);
}
