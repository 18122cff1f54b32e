namespace Broker.Client.Hosting;

/// <summary>Writes bodies of one type in one format.</summary>
internal sealed class MessageEncoder<TMessage>(IMessageSerializer? serializer, string? contentType)
{
    private readonly string? _contentType = contentType ?? serializer?.ContentType;

    public Message Encode(TMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new Message(serializer is null ? BodyTypes.Write(message) : serializer.Serialize(message)) { ContentType = _contentType };
    }
}
