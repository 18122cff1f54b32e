using System.Globalization;

namespace Broker.Client;

/// <summary>
/// How a failed handler is told to its caller, on the wire: a reply with the request's correlation id, an empty body
/// and these headers. A server in another language says the same with <see cref="MessageHeader"/> alone.
/// </summary>
internal static class RemoteError
{
    /// <summary>Text: what went wrong. Its presence makes a reply an error.</summary>
    public const string MessageHeader = "x-rpc-error";

    /// <summary>Text, optional: the type of the error in the server's words. Never taken for a type of .NET.</summary>
    public const string TypeHeader = "x-rpc-error-type";

    private const int MessageCharacters = 1024;

    /// <summary>The stack stays at home: callers may be strangers.</summary>
    public static Message ToMessage(Exception error)
    {
        var text = error.Message;
        return new Message
        {
            Headers =
            {
                [MessageHeader] = text.Length > MessageCharacters ? text[..MessageCharacters] : text,
                [TypeHeader] = error.GetType().FullName,
            },
        };
    }

    /// <summary>The error that the reply tells of, or null where it is an answer.</summary>
    public static (string Message, string? Type)? Find(Reply reply) =>
        reply.Headers.TryGetValue(MessageHeader, out var message)
            ? (Text(message) ?? "", reply.Headers.TryGetValue(TypeHeader, out var type) ? Text(type) : null)
            : null;

    private static string? Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture);
}
