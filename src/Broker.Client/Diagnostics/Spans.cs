using System.Diagnostics;

namespace Broker.Client;

/// <summary>
/// Begins spans, with all that a sampler may decide by. Each links to the trace that its message came with, and where
/// nothing else is current it is part of that trace.
/// </summary>
internal static class Spans
{
    public static Activity? Sending(OperationKind kind, in Destination destination, in Publication publication, string? messageId)
    {
        var message = publication.Message;
        var own = TraceHeaders.Has(message.HeadersOrNull) ? TraceHeaders.Read(message.HeadersOrNull!.AsReadOnly()) : default;
        var tags = Tags(kind, destination, server: null);
        Add(tags, SemanticNames.MessageId, messageId);
        Add(tags, SemanticNames.ConversationId, message.CorrelationId);
        return Tracing.Begin(NameOf(kind, destination), kind.Span, ParentOr(own), tags, LinkTo(own));
    }

    public static Activity? Processing(OperationKind kind, in Destination destination, Delivery delivery, ServerName? server)
    {
        var headers = delivery.Headers;
        var sender = TraceHeaders.Read(headers);
        var span = Tracing.Begin(NameOf(kind, destination), kind.Span, sender, Tags(kind, destination, delivery, server), LinkTo(sender));
        if (span is not null)
        {
            foreach (var (name, value) in TraceHeaders.ReadBaggage(headers))
                span.AddBaggage(name, value);
        }

        return span;
    }

    public static Activity? Processing(
        OperationKind kind, in Destination destination, IReadOnlyList<Delivery> deliveries, ServerName? server)
    {
        var tags = Tags(kind, destination, server);
        tags.Add(new(SemanticNames.BatchMessageCount, deliveries.Count));
        var senders = deliveries.Select(static delivery => TraceHeaders.Read(delivery.Headers)).Where(static sender => sender != default);
        return Tracing.Begin(NameOf(kind, destination), kind.Span, parent: default, tags, senders.Select(static sender => new ActivityLink(sender)));
    }

    /// <summary>One that has taken place; it ends at once.</summary>
    public static Activity? Past(
        OperationKind kind, in Destination destination, Delivery? delivery, ServerName? server, DateTimeOffset begunAt)
    {
        var sender = TraceHeaders.Read(delivery?.Headers);
        var tags = delivery is null ? Tags(kind, destination, server) : Tags(kind, destination, delivery, server);
        return Tracing.Begin(NameOf(kind, destination), kind.Span, ParentOr(sender), tags, LinkTo(sender), begunAt);
    }

    private static string NameOf(OperationKind kind, in Destination destination) =>
        destination.Entity is { } entity ? $"{kind.Name} {entity}" : kind.Name;

    private static ActivityContext ParentOr(ActivityContext sender) => Activity.Current is null ? sender : default;

    private static ActivityLink[]? LinkTo(ActivityContext sender) => sender == default ? null : [new ActivityLink(sender)];

    private static List<KeyValuePair<string, object?>> Tags(
        OperationKind kind, in Destination destination, Delivery delivery, ServerName? server)
    {
        var tags = Tags(kind, destination, server);
        tags.Add(new(SemanticNames.DeliveryTag, (long)delivery.DeliveryTag));
        Add(tags, SemanticNames.MessageId, delivery.MessageId);
        Add(tags, SemanticNames.ConversationId, delivery.CorrelationId);
        return tags;
    }

    private static List<KeyValuePair<string, object?>> Tags(OperationKind kind, in Destination destination, ServerName? server)
    {
        var (name, entity, key) = destination;
        List<KeyValuePair<string, object?>> tags =
        [
            new(SemanticNames.System, SemanticNames.RabbitMq),
            new(SemanticNames.OperationName, kind.Name),
            new(SemanticNames.OperationType, kind.Type),
            new(SemanticNames.DestinationName, name),
        ];
        if (entity is null)
        {
            tags.Add(new(SemanticNames.DestinationAnonymous, true));
            tags.Add(new(SemanticNames.DestinationTemporary, true));
        }
        else if (entity != name)
        {
            tags.Add(new(SemanticNames.DestinationTemplate, entity));
        }

        Add(tags, SemanticNames.RoutingKey, key);
        if (server is not null)
        {
            tags.Add(new(SemanticNames.ServerAddress, server.Host));
            tags.Add(new(SemanticNames.ServerPort, server.BoxedPort));
        }

        return tags;
    }

    private static void Add(List<KeyValuePair<string, object?>> tags, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            tags.Add(new(name, value));
    }
}
