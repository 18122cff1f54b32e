namespace Broker.Client.Testing;

/// <summary>A choice of frames; see <see cref="Frames"/>. Counting starts when the fault is armed.</summary>
public sealed record FrameMatch
{
    internal FrameMatch()
    {
    }

    internal string Words { get; init; } = "";

    internal FrameType? Type { get; init; }

    internal string? Method { get; init; }

    internal FaultDirection Direction { get; init; } = FaultDirection.Both;

    internal int? Channel { get; init; }

    internal int? Connection { get; init; }

    internal Turn Turn { get; init; } = Turn.Every(1);

    internal bool FrameAlone { get; init; }

    /// <summary>Only what the client sends.</summary>
    public FrameMatch FromClient() => this with { Direction = FaultDirection.ToBroker };

    /// <summary>Only what the broker sends.</summary>
    public FrameMatch FromBroker() => this with { Direction = FaultDirection.ToClient };

    /// <summary>Only the <paramref name="n"/>th, from 1, over all connections that match.</summary>
    public FrameMatch Number(long n) => this with { Turn = Turn.Only(n) };

    /// <summary>Every <paramref name="n"/>th.</summary>
    public FrameMatch Every(long n) => this with { Turn = Turn.Every(n) };

    /// <summary>Only on the channel with this number.</summary>
    public FrameMatch OnChannel(int channel) => this with { Channel = channel };

    /// <summary>Only on this connection.</summary>
    public FrameMatch On(ProxyConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return this with { Connection = connection.Number };
    }

    /// <summary>The method frame alone, without the message that follows it: a cut after it falls between a publish
    /// and its body.</summary>
    public FrameMatch WithoutContent() => this with { FrameAlone = true };

    /// <summary>The choice in words.</summary>
    public override string ToString() => Words + Turn;

    internal bool Fits(in FrameSeen frame) =>
        Direction.HasFlag(frame.Direction)
        && (Type is null || Type == frame.Type)
        && (Method is null || Method == frame.Method)
        && (Channel is null || Channel == frame.Channel)
        && (Connection is null || Connection == frame.Connection);
}
