using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// What came back from a call. It owns its body: keep it for as long as you like. Nothing is to be acknowledged.
/// </summary>
public abstract class Reply
{
    private protected Reply(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>The bytes of the reply.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>MIME type of the body.</summary>
    public abstract string? ContentType { get; }

    /// <summary>MIME content encoding of the body.</summary>
    public abstract string? ContentEncoding { get; }

    /// <summary>Application headers, decoded as <see cref="Delivery.Headers"/> are; empty where there are none.</summary>
    public abstract IReadOnlyDictionary<string, object?> Headers { get; }

    /// <summary>Identifies the reply, where the other side gave it an id.</summary>
    public abstract string? MessageId { get; }

    /// <summary>When the reply was made, in whole seconds.</summary>
    public abstract DateTimeOffset? Timestamp { get; }

    /// <summary>What kind of message it is, in words of the application.</summary>
    public abstract string? Type { get; }

    /// <summary>The application that replied.</summary>
    public abstract string? AppId { get; }

    /// <summary>The body as UTF-8 text. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string GetText() => Encoding.UTF8.GetString(Body.Span);

    /// <summary>The body read as UTF-8 JSON; null where the JSON is <c>null</c>.</summary>
    /// <exception cref="JsonException">The body is not JSON of this shape.</exception>
    public T? GetJson<T>(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return JsonSerializer.Deserialize(Body.Span, typeInfo);
    }

    /// <summary>
    /// As <see cref="GetJson{T}(JsonTypeInfo{T})"/>, by reflection and with <see cref="JsonSerializerOptions.Web"/>.
    /// </summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public T? GetJson<T>() => JsonSerializer.Deserialize<T>(Body.Span, JsonSerializerOptions.Web);

    /// <summary>As <see cref="GetJson{T}(JsonTypeInfo{T})"/>, by reflection.</summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public T? GetJson<T>(JsonSerializerOptions options) => JsonSerializer.Deserialize<T>(Body.Span, options);
}
