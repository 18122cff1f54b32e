namespace Broker.Client.Hosting;

/// <summary>
/// Reads and writes bodies of one format. Called from any thread, with the types that are registered; a message has no say in
/// them. Put in place by <see cref="SerializationBuilderExtensions.AddSerializer"/>.
/// </summary>
public interface IMessageSerializer
{
    /// <summary>The content type of what it writes, for instance <c>application/x-msgpack</c>.</summary>
    string ContentType { get; }

    /// <summary>Whether it reads bodies of this content type, which comes without parameters; its own one only, unless said otherwise.</summary>
    bool Reads(string contentType) => contentType.Equals(ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The body of a message. It must not change before the message is published.</summary>
    ReadOnlyMemory<byte> Serialize<TMessage>(TMessage message);

    /// <summary>
    /// A message from its body. What it throws, and a null, make the message one that cannot be decoded
    /// (<see cref="UndecodableMessageException"/>), and that is not tried again.
    /// </summary>
    TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> body);
}
