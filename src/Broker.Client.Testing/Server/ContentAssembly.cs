namespace Broker.Client.Testing;

/// <summary>A published message.</summary>
internal readonly record struct Content(BasicPublish Method, MessageProperties Properties, ReadOnlyMemory<byte> Body);

/// <summary>Puts a message together from its method, its header and its body frames.</summary>
internal sealed class ContentAssembly(BrokerLimits limits)
{
    private ContentHeader? _header;
    private byte[] _body = [];
    private int _filled;

    /// <summary>The method whose content is under way.</summary>
    public BasicPublish? Method { get; private set; }

    public void Start(BasicPublish method) => Method = method;

    public void ExpectNone()
    {
        if (Method is null) return;
        throw Unexpected(_header is null
            ? "expected content header for class 60, got non content header frame instead"
            : "expected content body, got non content body frame instead");
    }

    /// <summary>True when the message is whole.</summary>
    public bool Add(Frame frame)
    {
        if (Method is null)
        {
            throw Unexpected(frame.Type == FrameType.Header
                ? "expected method frame, got content header frame instead"
                : "expected method frame, got content body frame instead");
        }

        if (_header is not null && frame.Type == FrameType.Body) Append(frame.Payload.Span);
        else if (_header is null && frame.Type == FrameType.Header) Open(ContentHeader.Read(frame.Payload.Span));
        else ExpectNone();
        return (ulong)_filled == _header!.BodySize;
    }

    public Content Take()
    {
        var content = new Content(Method!, _header!.Properties, _body);
        (Method, _header, _body, _filled) = (null, null, [], 0);
        return content;
    }

    private void Open(ContentHeader header)
    {
        if (limits.MaxMessageBytes is var most && header.BodySize > (ulong)most)
            throw BrokerError.Precondition($"message size {header.BodySize} is larger than configured max size {most}");

        _header = header;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        var size = (int)_header!.BodySize;
        if (piece.Length > size - _filled)
            throw Unexpected($"the content has more than the {size} bytes of its header");

        // It grows with what has come: a header may claim much and send nothing.
        if (_filled + piece.Length > _body.Length)
            Array.Resize(ref _body, Math.Min(size, Math.Max(_body.Length * 2, _filled + piece.Length)));
        piece.CopyTo(_body.AsSpan(_filled));
        _filled += piece.Length;
    }

    private static BrokerError Unexpected(string text) =>
        new(505, $"UNEXPECTED_FRAME - {text}", isConnectionError: true);
}
