using System.Diagnostics.CodeAnalysis;

namespace Broker.Client.Hosting;

/// <summary>Reads bodies as one type: that of the registration. What a message says of types is not looked at.</summary>
internal sealed class MessageDecoder<TMessage>(MessageSerializers serializers, string contentType)
{
    private static readonly bool s_isPlain = BodyTypes.IsPlain<TMessage>();

    // Of the last message: nearly always that of the next one too.
    private Choice? _last;

    /// <exception cref="UndecodableMessageException">The body is not what it should be.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A serializer may throw anything; it is told as what it means.")]
    public TMessage Decode(Delivery delivery)
    {
        var type = delivery.ContentType is { Length: > 0 } own ? own : contentType;
        try
        {
            return s_isPlain
                ? BodyTypes.Read<TMessage>(delivery.Body, type)
                : Find(type).Deserialize<TMessage>(delivery.Body)
                    ?? throw new FormatException("The body is a null.");
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new UndecodableMessageException(delivery, $"{type} for {typeof(TMessage)}", error);
        }
    }

    private IMessageSerializer Find(string type)
    {
        if (_last is { } last && last.ContentType == type)
            return last.Serializer;
        var found = serializers.Find(type, contentType) ?? throw new NotSupportedException(
            $"There is no serializer for its content type; there are those for {serializers.List()}.");
        _last = new Choice(type, found);
        return found;
    }

    private sealed record Choice(string ContentType, IMessageSerializer Serializer);
}
