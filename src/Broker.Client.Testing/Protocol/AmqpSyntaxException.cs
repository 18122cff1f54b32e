namespace Broker.Client.Testing;

/// <summary>Bytes that are not AMQP 0-9-1. <see cref="ReplyCode"/> is what connection.close should say.</summary>
internal sealed class AmqpSyntaxException(ushort replyCode, string text) : Exception(text)
{
    public const ushort FrameError = 501;
    public const ushort SyntaxError = 502;
    public const ushort CommandInvalid = 503;

    public ushort ReplyCode { get; } = replyCode;

    public static AmqpSyntaxException Syntax(string text) => new(SyntaxError, text);

    public static AmqpSyntaxException Frame(string text) => new(FrameError, text);
}
