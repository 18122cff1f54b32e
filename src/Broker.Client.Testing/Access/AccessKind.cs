namespace Broker.Client.Testing;

/// <summary>What a permission is for, as RabbitMQ tells it apart.</summary>
internal enum AccessKind
{
    Configure,
    Write,
    Read,
}
