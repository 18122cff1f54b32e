using Broker.Client.Testing;

namespace Broker.Client.Oracle.Judging;

/// <summary>The profile that a version of RabbitMQ is compared with.</summary>
internal static class Profiles
{
    public static bool Has(string version) => Find(version) is not null;

    public static BrokerProfile Of(string version) => Find(version)
        ?? throw new NotSupportedException($"No profile is for RabbitMQ {version}; there are 4.3, 4.0 and 3.10.");

    private static BrokerProfile? Find(string version) => version.Split('.') switch
    {
        ["4", "3", ..] => BrokerProfile.V4_3,
        ["4", "0", ..] => BrokerProfile.V4_0,
        ["3", "10", ..] => BrokerProfile.V3_10,
        _ => null,
    };
}
