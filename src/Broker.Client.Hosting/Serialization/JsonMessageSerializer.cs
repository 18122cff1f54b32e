using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client.Hosting;

/// <summary>
/// JSON by <see cref="JsonTypeInfo{T}"/>: of the sources that were registered, and at last by reflection where there is one.
/// Nested more than 64 deep, which is the serializer's own limit unless a source sets another, a body is refused.
/// </summary>
internal sealed class JsonMessageSerializer : IMessageSerializer
{
    private readonly JsonSerializerOptions[] _sources;

    public JsonMessageSerializer(IEnumerable<JsonSerializerOptions> sources)
        : this(sources, JsonSerializer.IsReflectionEnabledByDefault ? Reflection() : null)
    {
    }

    /// <param name="sources">Those that were registered.</param>
    /// <param name="reflection">For what none of them has; null where the application has none.</param>
    internal JsonMessageSerializer(IEnumerable<JsonSerializerOptions> sources, IJsonTypeInfoResolver? reflection)
    {
        _sources =
        [
            .. sources.Select(source => source.TypeInfoResolver is null && reflection is not null
                ? new JsonSerializerOptions(source) { TypeInfoResolver = reflection }
                : source),
        ];
        if (reflection is not null)
            _sources = [.. _sources, new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = reflection }];
    }

    public string ContentType => MessageSerializers.Json;

    public bool Reads(string contentType) =>
        contentType.Equals(MessageSerializers.Json, StringComparison.OrdinalIgnoreCase)
        || contentType.Equals("text/json", StringComparison.OrdinalIgnoreCase)
        || contentType.EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    public ReadOnlyMemory<byte> Serialize<TMessage>(TMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(message, InfoOf<TMessage>());

    public TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> body) => JsonSerializer.Deserialize(body.Span, InfoOf<TMessage>());

    /// <exception cref="InvalidOperationException">No source has the type.</exception>
    public JsonTypeInfo<TMessage> InfoOf<TMessage>()
    {
        foreach (var source in _sources)
        {
            if (source.TryGetTypeInfo(typeof(TMessage), out var info))
                return (JsonTypeInfo<TMessage>)info;
        }

        throw new InvalidOperationException(
            $"There is no JSON metadata for {typeof(TMessage)}. Add a JsonSerializerContext that has it: "
            + $"{nameof(SerializationBuilderExtensions.AddJsonContext)}(MyContext.Default).");
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where the application has reflection enabled, which trimming turns off.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where the application has reflection enabled, which native AOT turns off.")]
    private static DefaultJsonTypeInfoResolver Reflection() => new();
}
