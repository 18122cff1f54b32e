namespace Broker.Client.Testing;

/// <summary>What the server offers in connection.tune, and how it judges the answer.</summary>
internal static class Tuning
{
    public const int FrameMax = 131_072;
    public const ushort ChannelMax = 2047;
    public const ushort Heartbeat = 60;

    public static ConnectionTune Offer { get; } = new(ChannelMax, FrameMax, Heartbeat);

    /// <summary>0, which means no limit, is more than was offered.</summary>
    public static bool Accepts(ConnectionTuneOk answer, RabbitProfile profile) =>
        answer.FrameMax >= profile.SmallestFrameMax && answer.FrameMax <= FrameMax
        && answer.ChannelMax is >= 1 and <= ChannelMax;
}
