using Broker.Client.Hosting;
using MessagePack;

namespace MessagePackFormat;

/// <summary>MessagePack for typed consumers and publishers; for types with [MessagePackObject].</summary>
public sealed class MessagePackMessageSerializer : IMessageSerializer
{
    // Bodies come from others: no type names in them, and bounds on what they can make this program spend.
    private static readonly MessagePackSerializerOptions s_options =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);

    public string ContentType => "application/x-msgpack";

    public bool Reads(string contentType) => contentType is "application/x-msgpack" or "application/msgpack" or "application/vnd.msgpack";

    public ReadOnlyMemory<byte> Serialize<TMessage>(TMessage message) => MessagePackSerializer.Serialize(message, s_options);

    public TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> body) => MessagePackSerializer.Deserialize<TMessage>(body, s_options);
}
