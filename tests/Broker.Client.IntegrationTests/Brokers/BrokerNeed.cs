namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>What a test may want of its broker that not every kind of broker has.</summary>
public enum BrokerNeed
{
    /// <summary>To be disturbed at all: to close all connections, to raise an alarm.</summary>
    Faults,

    /// <summary>A process to kill, to start again with its data, and to pause.</summary>
    Process,

    /// <summary>rabbitmqctl.</summary>
    Control,

    /// <summary>Three nodes of its own in a cluster.</summary>
    Cluster,

    Streams,

    Priorities,

    SingleActiveConsumer,

    /// <summary>x-delayed-retry-type and its like: what brokers before 4.3 take and overlook.</summary>
    DelayedRetries,
}
