using System.Text;

namespace Broker.Client.Hosting;

/// <summary>Types that are a body as it is, in any format: bytes, and text.</summary>
internal static class BodyTypes
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool IsPlain<TMessage>() => ContentTypeOf<TMessage>() is not null;

    /// <summary>The content type of what is published as such a type; null for all other types.</summary>
    public static string? ContentTypeOf<TMessage>() =>
        typeof(TMessage) == typeof(string) ? "text/plain; charset=utf-8"
        : typeof(TMessage) == typeof(byte[]) || typeof(TMessage) == typeof(ReadOnlyMemory<byte>) ? "application/octet-stream"
        : null;

    /// <exception cref="DecoderFallbackException">The body is not text in its charset.</exception>
    /// <exception cref="ArgumentException">The charset is not known.</exception>
    public static TMessage Read<TMessage>(ReadOnlyMemory<byte> body, string contentType) =>
        typeof(TMessage) == typeof(string) ? (TMessage)(object)EncodingOf(contentType).GetString(body.Span)
        : typeof(TMessage) == typeof(byte[]) ? (TMessage)(object)body.ToArray()
        : (TMessage)(object)body;

    public static ReadOnlyMemory<byte> Write<TMessage>(TMessage message) => message switch
    {
        string text => s_utf8.GetBytes(text),
        byte[] bytes => bytes,
        ReadOnlyMemory<byte> bytes => bytes,
        _ => throw new ArgumentNullException(nameof(message)),
    };

    private static Encoding EncodingOf(string contentType)
    {
        const string Parameter = "charset=";
        var at = contentType.IndexOf(Parameter, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return s_utf8;
        var charset = contentType[(at + Parameter.Length)..].Split(';')[0].Trim().Trim('"');
        return charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? s_utf8
            : Encoding.GetEncoding(charset, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }
}
