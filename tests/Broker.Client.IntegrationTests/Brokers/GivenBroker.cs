namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The broker that BROKER_URI names. It belongs to somebody else.</summary>
internal sealed class GivenBroker(Uri uri) : BrokerUnderTest
{
    public override Uri Uri => uri;

    public override string Description => $"the broker of BROKER_URI at {uri.Host}:{Port}";

    public override string? Lacks(BrokerNeed need) => need is BrokerNeed.Faults or BrokerNeed.Process or BrokerNeed.Control or BrokerNeed.Cluster
        ? "Needs a broker of its own; BROKER_URI names one that is not ours to kill."
        : null;

    public static async Task<BrokerUnderTest> StartAsync(Uri uri)
    {
        var broker = new GivenBroker(uri);
        var attempts = 0;
        await broker.WaitUntilReadyAsync(() => ++attempts < 50
            ? null
            : $"Nothing answers as a broker at {uri.Host}:{broker.Port} (BROKER_URI).");
        return broker;
    }

    public override Task KillAsync() => throw NotOurs();

    public override Task StartAgainAsync() => throw NotOurs();

    public override Task PauseAsync() => throw NotOurs();

    public override Task ResumeAsync() => throw NotOurs();

    public override Task<string> ControlAsync(params string[] arguments) => throw NotOurs();

    public override ValueTask DisposeAsync() => default;

    private static InvalidOperationException NotOurs() => new("The broker of BROKER_URI is not ours; call Require first.");
}
