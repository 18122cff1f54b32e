using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>The formats of a broker, and which of them a body has.</summary>
internal sealed class MessageSerializers(IEnumerable<IMessageSerializer> own, JsonMessageSerializer json)
{
    public const string Json = "application/json";

    // What publishers set that send JSON as a string, and what some set on everything.
    private static readonly string[] s_vague = ["text/plain", "application/octet-stream"];

    private readonly IMessageSerializer[] _all = [.. own, json];

    /// <summary>Those that are registered with a broker.</summary>
    public static MessageSerializers Of(IServiceProvider services, object? key) => new(
        services.GetServices<SerializerRegistration>().Where(each => Equals(each.Key, key)).Select(static each => each.Serializer),
        new JsonMessageSerializer(
            services.GetServices<JsonRegistration>().Where(each => Equals(each.Key, key)).Select(static each => each.Options)));

    /// <param name="contentType">That of messages that name none; null for the one that goes with the type.</param>
    /// <exception cref="InvalidOperationException">There is nothing to read that content type, or that type, with.</exception>
    public MessageDecoder<TMessage> DecoderFor<TMessage>(string? contentType)
    {
        if (!BodyTypes.IsPlain<TMessage>())
            _ = Usable<TMessage>(contentType ?? Json);
        return new MessageDecoder<TMessage>(this, contentType ?? BodyTypes.ContentTypeOf<TMessage>() ?? Json);
    }

    /// <param name="contentType">That of what is published; null for the one that goes with the type.</param>
    /// <exception cref="InvalidOperationException">There is nothing to write that content type, or that type, with.</exception>
    public MessageEncoder<TMessage> EncoderFor<TMessage>(string? contentType) => new(
        BodyTypes.IsPlain<TMessage>() ? null : Usable<TMessage>(contentType ?? Json),
        contentType ?? BodyTypes.ContentTypeOf<TMessage>());

    /// <summary>The format of this content type; null where none is.</summary>
    /// <param name="contentType">That of a message.</param>
    /// <param name="otherwise">That of the registration, for a message whose own one does not tell the format.</param>
    public IMessageSerializer? Find(string contentType, string? otherwise = null)
    {
        var type = WithoutParameters(contentType);
        var found = Array.Find(_all, serializer => serializer.Reads(type));
        return found is null && otherwise is not null && s_vague.Contains(type, StringComparer.OrdinalIgnoreCase) ? Find(otherwise) : found;
    }

    /// <summary>What the formats are, for an error.</summary>
    public string List() => string.Join(", ", _all.Select(static serializer => serializer.ContentType));

    private IMessageSerializer Usable<TMessage>(string contentType)
    {
        var serializer = Find(contentType) ?? throw new InvalidOperationException(
            $"There is no serializer for content type '{contentType}'; there are those for {List()}. "
            + $"Add one by {nameof(SerializationBuilderExtensions.AddSerializer)}.");
        if (serializer == json)
            _ = json.InfoOf<TMessage>();
        return serializer;
    }

    private static string WithoutParameters(string contentType) =>
        contentType.IndexOf(';') is >= 0 and var end ? contentType[..end].Trim() : contentType;
}
