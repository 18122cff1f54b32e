namespace Broker.Client.Testing;

/// <summary>What a broker bounds, and may bound otherwise while it runs.</summary>
internal sealed class BrokerLimits(RabbitProfile profile)
{
    private const int MegaByte = 1024 * 1024;

    /// <summary>How long a delivery may stay unsettled.</summary>
    public TimeSpan ConsumerTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>What a body may have.</summary>
    public int MaxMessageBytes { get; set; } = (profile == RabbitProfile.V3_10 ? 128 : 16) * MegaByte;
}
