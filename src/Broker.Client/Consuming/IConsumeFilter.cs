using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The rest of the handling of a message: the filters that come after, and then the handler.</summary>
/// <param name="delivery">The message.</param>
/// <param name="cancellationToken">For the handler: the one that the filter was given, or one that fires sooner.</param>
public delegate ValueTask ConsumeNext(Delivery delivery, CancellationToken cancellationToken);

/// <summary>
/// Stands around every call of a handler (<see cref="ConsumerOptions.Filters"/>): sees the message, calls the handler or
/// not, and sees what it throws.
/// </summary>
/// <remarks>
/// <para>Called for each attempt, in the lane of the handler and within its time (<see cref="ConsumerOptions.HandlerTimeout"/>).
/// What a filter throws is what the handler throws: <see cref="ConsumerOptions.FailurePolicy"/> says what follows. One that
/// returns without having called the next one has handled the message, which is acknowledged, in
/// <see cref="AckMode.Manual"/> too.</para>
/// <para>Where requests are served (<see cref="ServeExtensions"/>), it stands around the handler that makes the reply, and its
/// caller is told what a filter throws; of a request that a filter does not let through the caller is told that there is no
/// reply. A synchronous handler runs on a thread of the pool where a filter has awaited before it.</para>
/// <para><see cref="BrokerClient.ReadAsync"/>, which refuses filters, and <see cref="BrokerClient.GetAsync"/> have no handler, and
/// nothing to stand around. What is put aside unhandled, as too large or come back too often, passes no filter.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "The word of every pipeline in .NET.")]
public interface IConsumeFilter
{
    /// <summary>Handles by <paramref name="next"/>, and does what is to be done before and after.</summary>
    /// <param name="delivery">The message; a verdict that is given here wins.</param>
    /// <param name="next">The rest.</param>
    /// <param name="cancellationToken">
    /// Fires when the connection of the message is lost, its time is over, or a stop has waited long enough.
    /// </param>
    ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken);
}
