using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// A message on its way out. Converts from <see cref="string"/>, <c>byte[]</c> and <see cref="ReadOnlyMemory{T}"/>.
/// </summary>
/// <remarks>
/// A message is read when it is sent, and again when it has to be resent after a reconnect: change neither its
/// properties nor the bytes of its body before the publish has ended. One message may be published any number of times.
/// </remarks>
public sealed class Message
{
    /// <summary>Creates an empty message.</summary>
    public Message()
    {
    }

    /// <summary>Creates a message of these bytes, without a content type. The bytes are not copied.</summary>
    public Message(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>The bytes of the message; empty by default.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>
    /// MIME type of the body, for instance <c>application/json</c>. At most 255 bytes of UTF-8,
    /// like every text property here.
    /// </summary>
    public string? ContentType { get; set; }

    /// <summary>MIME content encoding of the body, for instance <c>gzip</c>. The library neither encodes nor decodes.</summary>
    public string? ContentEncoding { get; set; }

    /// <summary>
    /// Application headers. Values may be <see langword="null"/>, <see cref="string"/>, <c>byte[]</c>,
    /// <see cref="bool"/>, the integers up to 64 bits signed, <see cref="float"/>, <see cref="double"/>,
    /// <see cref="decimal"/>, <see cref="DateTimeOffset"/> (whole seconds), and lists and string-keyed dictionaries of
    /// these. Anything else is refused before the message is sent.
    /// </summary>
    [SuppressMessage("Usage", "CA2227:Collection properties should be read only",
        Justification = "Settable, as every property of a message is.")]
    public IDictionary<string, object?> Headers
    {
        get => HeadersOrNull ??= new Dictionary<string, object?>();
        set => HeadersOrNull = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>
    /// What readers of a stream find it by (<see cref="StreamFilter"/>); null, the default, sets none. It is the header
    /// <c>x-stream-filter-value</c>.
    /// </summary>
    public string? StreamFilterValue
    {
        get => HeadersOrNull?.TryGetValue(StreamFilter.ValueHeader, out var value) == true ? value as string : null;
        set
        {
            if (value is not null)
                Headers[StreamFilter.ValueHeader] = value;
            else
                HeadersOrNull?.Remove(StreamFilter.ValueHeader);
        }
    }

    /// <summary>
    /// Whether it came from the broker and goes back there: what a broker has taken once is not too large for it.
    /// </summary>
    internal bool IsCopy { get; init; }

    /// <summary>Whether it is the reply to a request.</summary>
    internal bool IsReply { get; private set; }

    /// <summary>The headers without creating an empty table where there are none.</summary>
    internal IDictionary<string, object?>? HeadersOrNull { get; private set; }

    /// <summary>
    /// Whether a durable classic queue writes the message to disk. True by default. Quorum queues and streams always do.
    /// </summary>
    public bool Persistent { get; set; } = true;

    /// <summary>Priority in a queue declared with <see cref="QueueOptions.MaxPriority"/>; null means 0.</summary>
    public byte? Priority { get; set; }

    /// <summary>Ties a reply, or any other message, to a request.</summary>
    public string? CorrelationId { get; set; }

    /// <summary>The queue that a reply should be sent to.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>
    /// Time to live in the queue, in whole milliseconds; null means for ever. An expired message is
    /// dead-lettered or dropped by the broker.
    /// </summary>
    public TimeSpan? Expiration { get; set; }

    /// <summary>
    /// Identifies the message, over resends too. Where it is null the publisher makes one and returns it in
    /// <see cref="PublishResult.MessageId"/>; this property stays null.
    /// </summary>
    public string? MessageId { get; set; }

    /// <summary>When the message was made. Goes over the wire in whole seconds.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    /// <summary>What kind of message it is, in words of the application.</summary>
    public string? Type { get; set; }

    /// <summary>The user that publishes. The broker refuses (406) a name that is not the connection's own.</summary>
    public string? UserId { get; set; }

    /// <summary>The application that publishes.</summary>
    public string? AppId { get; set; }

    /// <summary>A message of UTF-8 text, with content type <c>text/plain; charset=utf-8</c>.</summary>
    public static Message FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Message(Encoding.UTF8.GetBytes(text)) { ContentType = "text/plain; charset=utf-8" };
    }

    /// <summary>A message of these bytes, which are not copied, without a content type.</summary>
    public static Message FromBytes(ReadOnlyMemory<byte> body) => new(body);

    /// <summary>A message of <paramref name="value"/> as UTF-8 JSON, with content type <c>application/json</c>.</summary>
    /// <param name="value">What to serialize.</param>
    /// <param name="typeInfo">
    /// The metadata of a source-generated <c>JsonSerializerContext</c>, which makes it safe for
    /// trimming and native AOT.
    /// </param>
    public static Message FromJson<T>(T value, JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return new Message(JsonSerializer.SerializeToUtf8Bytes(value, typeInfo)) { ContentType = "application/json" };
    }

    /// <summary>
    /// As <see cref="FromJson{T}(T, JsonTypeInfo{T})"/>, by reflection and with
    /// <see cref="JsonSerializerOptions.Web"/>.
    /// </summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public static Message FromJson<T>(T value) => FromJson(value, JsonSerializerOptions.Web);

    /// <summary>As <see cref="FromJson{T}(T, JsonTypeInfo{T})"/>, by reflection.</summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public static Message FromJson<T>(T value, JsonSerializerOptions options) =>
        new(JsonSerializer.SerializeToUtf8Bytes(value, options)) { ContentType = "application/json" };

    /// <summary>A copy, with a table of headers of its own, for a filter to change. The bytes of the body are the same.</summary>
    public Message Copy()
    {
        var copy = (Message)MemberwiseClone();
        copy.HeadersOrNull = HeadersOrNull is null ? null : new Dictionary<string, object?>(HeadersOrNull);
        return copy;
    }

    /// <summary>A copy with this correlation id: one message may answer any number of requests.</summary>
    internal Message Answering(string? correlationId)
    {
        var copy = (Message)MemberwiseClone();
        copy.CorrelationId = correlationId;
        copy.IsReply = true;
        return copy;
    }

    /// <summary>As <see cref="FromText"/>.</summary>
    public static implicit operator Message(string text) => FromText(text);

    /// <summary>As <see cref="FromBytes"/>.</summary>
    public static implicit operator Message(byte[] body) => new(body);

    /// <summary>As <see cref="FromBytes"/>.</summary>
    public static implicit operator Message(ReadOnlyMemory<byte> body) => new(body);
}
