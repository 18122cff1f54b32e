using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// What a client tells those who listen. Nothing here waits, and what a listener throws is told once and goes no further;
/// where nobody listens, nothing is made.
/// </summary>
[SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A listener may throw anything.")]
internal sealed class Telemetry(TimeProvider time, ILogger logger)
{
    /// <summary>The begin of what nobody listens to.</summary>
    private const long NotObserved = -1;

    private int _told;

    public long Now => time.GetTimestamp();

    public double SecondsSince(long timestamp) => time.GetElapsedTime(timestamp).TotalSeconds;

    /// <summary>A message is given to be sent. Null where nobody listens.</summary>
    public Operation? Sending(OperationKind kind, in Publication publication, string? messageId) =>
        kind.IsObserved ? Observed(kind, publication, messageId) : null;

    /// <summary>A handler is about to run. Null where nobody listens.</summary>
    public Operation? Processing(Delivery delivery, ServerName? server) =>
        OperationKind.Process.IsObserved ? Observed(OperationKind.Process, delivery, server) : null;

    /// <summary>A handler is about to run, with several messages of one queue. Null where nobody listens.</summary>
    public Operation? Processing(IReadOnlyList<Delivery> deliveries, ServerName? server) =>
        OperationKind.Process.IsObserved ? Observed(OperationKind.Process, deliveries, server) : null;

    /// <summary>When something begins that is told at its end.</summary>
    public long Begin(OperationKind kind) => kind.IsObserved ? Now : NotObserved;

    /// <summary>A message was handed to the caller who had asked for one, or there was none.</summary>
    public void Received(
        OperationKind kind, string queue, long began, Delivery? delivery, ServerName? server, Exception? error = null)
    {
        if (began == NotObserved)
            return;
        var destination = delivery is null ? Destination.OfQueue(queue) : Destination.Of(delivery);
        Past(kind, destination, began, delivery, server).End(error?.GetType().FullName);
    }

    /// <summary>A verdict was taken, for a channel that was there or not any more.</summary>
    public void Settled(Delivery delivery, Verdict verdict, long began, ServerName? server)
    {
        if (began == NotObserved)
            return;
        var operation = Past(OperationKind.Settling(verdict), Destination.Of(delivery), began, delivery, server);
        operation.Span?.SetTag(SemanticNames.Verdict, verdict.ToString());
        operation.End();
    }

    /// <summary>Messages go to a handler, for the first time.</summary>
    public void Consumed(string queue, int count, ServerName? server)
    {
        if (Metrics.ConsumedMessages.Enabled)
            Add(Metrics.ConsumedMessages, count, Tags(OperationKind.Process, Destination.OfQueue(queue), server, error: null));
    }

    /// <summary>Something happened that is only counted.</summary>
    /// <param name="counter">What.</param>
    /// <param name="count">How often.</param>
    /// <param name="queue">The queue; null where it has to do with none.</param>
    /// <param name="tag">One more tag, and its value.</param>
    /// <param name="value">The value.</param>
    public void Count(Counter<long> counter, int count, string? queue, string? tag = null, string? value = null)
    {
        if (!counter.Enabled || count == 0)
            return;
        var tags = new TagList { { SemanticNames.System, SemanticNames.RabbitMq } };
        if (queue is not null && Destination.OfQueue(queue).Entity is { } entity)
            tags.Add(SemanticNames.DestinationName, entity);
        if (tag is not null)
            tags.Add(tag, value);
        Add(counter, count, tags);
    }

    /// <summary>Told once, however often it happens.</summary>
    public void ListenerThrew(Exception error)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            Log.ListenerThrew(logger, error);
    }

    /// <summary>What a measurement carries. Of each tag there are few values.</summary>
    public static TagList Tags(OperationKind kind, in Destination destination, ServerName? server, string? error)
    {
        var tags = new TagList
        {
            { SemanticNames.System, SemanticNames.RabbitMq },
            { SemanticNames.OperationName, kind.Name },
            { SemanticNames.OperationType, kind.Type },
        };
        if (destination.Entity is { } entity)
            tags.Add(SemanticNames.DestinationName, entity);
        if (server is not null)
        {
            tags.Add(SemanticNames.ServerAddress, server.Host);
            tags.Add(SemanticNames.ServerPort, server.BoxedPort);
        }

        if (error is not null)
            tags.Add(SemanticNames.ErrorType, error);
        return tags;
    }

    // Apart from those who ask, so that what is made here is made for listeners only.
    private Operation Observed(OperationKind kind, Publication publication, string? messageId)
    {
        var destination = Destination.Of(publication);
        return new Operation(
            this, kind, destination, messages: 1, server: null, Begin(() => Spans.Sending(kind, destination, publication, messageId)));
    }

    private Operation Observed(OperationKind kind, Delivery delivery, ServerName? server)
    {
        var destination = Destination.Of(delivery);
        return new Operation(
            this, kind, destination, messages: 1, server, Begin(() => Spans.Processing(kind, destination, delivery, server)));
    }

    private Operation Observed(OperationKind kind, IReadOnlyList<Delivery> deliveries, ServerName? server)
    {
        var destination = Destination.OfQueue(deliveries[0].Queue);
        return new Operation(
            this, kind, destination, deliveries.Count, server, Begin(() => Spans.Processing(kind, destination, deliveries, server)));
    }

    private Operation Past(OperationKind kind, Destination destination, long began, Delivery? delivery, ServerName? server)
    {
        // The span's clock is that of all spans, and not the client's.
        var begunAt = TimeProvider.System.GetUtcNow() - time.GetElapsedTime(began);
        return new Operation(
            this, kind, destination, delivery is null ? 0 : 1, server,
            Begin(() => Spans.Past(kind, destination, delivery, server, begunAt)), began);
    }

    private Activity? Begin(Func<Activity?> span)
    {
        try
        {
            return Tracing.IsOn ? span() : null;
        }
        catch (Exception error)
        {
            ListenerThrew(error);
            return null;
        }
    }

    private void Add(Counter<long> counter, int count, in TagList tags)
    {
        try
        {
            counter.Add(count, tags);
        }
        catch (Exception error)
        {
            ListenerThrew(error);
        }
    }
}
