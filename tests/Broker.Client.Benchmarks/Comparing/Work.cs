namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What is asked of a contender.</summary>
/// <param name="Name">As in <c>--works</c>.</param>
internal abstract record Work(string Name);

/// <summary>What stands at the other end. The goals about rates are about real brokers, where they do not say the bare server.</summary>
internal enum ServerKind
{
    RealBroker,
    TestBroker,
    Bare,
}

/// <summary>A server: what it is, what it is called in the report, and where it listens.</summary>
internal sealed record Server(ServerKind Kind, string Name, Uri Uri);
