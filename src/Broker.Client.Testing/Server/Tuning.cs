namespace Broker.Client.Testing;

/// <summary>What the server offers in connection.tune, and how it judges the answer.</summary>
internal static class Tuning
{
    public const int FrameMax = 131_072;
    public const ushort ChannelMax = 2047;
    public const ushort Heartbeat = 60;

    public static ConnectionTune Offer { get; } = new(ChannelMax, FrameMax, Heartbeat);

    public static void Check(ConnectionTuneOk answer)
    {
        Check("frame_max", answer.FrameMax, Frame.SmallestMax, FrameMax);
        Check("channel_max", answer.ChannelMax, 1, ChannelMax);
    }

    private static void Check(string field, uint value, uint least, uint most)
    {
        if (value != 0 && value < least)
        {
            throw BrokerError.NotAllowed(
                $"negotiated {field} = {value} is lower than the minimum allowed value ({least})");
        }

        if (value == 0 || value > most)
        {
            throw BrokerError.NotAllowed($"negotiated {field} = {value}{(value == 0 ? " (no limit)" : "")} is higher "
                + $"than the maximum allowed value ({most})");
        }
    }
}
