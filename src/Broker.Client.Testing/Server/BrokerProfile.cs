using System.Diagnostics.CodeAnalysis;

namespace Broker.Client.Testing;

/// <summary>The generation of RabbitMQ that a <see cref="TestBroker"/> behaves like.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "V4_3 is how a version reads; V43 is another one.")]
public enum BrokerProfile
{
    /// <summary>RabbitMQ 4.3, the default.</summary>
    V4_3,

    /// <summary>RabbitMQ 4.0.</summary>
    V4_0,

    /// <summary>RabbitMQ 3.10.</summary>
    V3_10,
}
