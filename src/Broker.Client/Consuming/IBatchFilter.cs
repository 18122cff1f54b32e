using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The rest of the handling of a batch: the filters that come after, and then the handler.</summary>
/// <param name="deliveries">The messages that go on: all that the filter was given, or some of them.</param>
/// <param name="cancellationToken">For the handler: the one that the filter was given, or one that fires sooner.</param>
public delegate ValueTask BatchNext(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken);

/// <summary>
/// A consume filter that can stand around batches too (<see cref="BatchExtensions"/>), which it sees as a whole. A consumer of
/// batches refuses filters that cannot.
/// </summary>
[SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "The word of every pipeline in .NET.")]
public interface IBatchFilter : IConsumeFilter
{
    /// <summary>Handles by <paramref name="next"/>, and does what is to be done before and after.</summary>
    /// <param name="deliveries">The messages; a verdict that is given here wins.</param>
    /// <param name="next">
    /// The rest. What it is not given is handled, and acknowledged with the others when this returns; called with none, it
    /// calls no handler.
    /// </param>
    /// <param name="cancellationToken">As in <see cref="IConsumeFilter.HandleAsync"/>.</param>
    ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken);
}
