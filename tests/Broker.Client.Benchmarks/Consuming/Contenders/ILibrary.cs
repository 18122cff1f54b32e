namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>How a library of this process consumes.</summary>
internal interface ILibrary
{
    /// <summary>Whether the work means anything for it.</summary>
    bool Can(ConsumeWork work) => true;

    /// <summary>Connects, and has the tally handle what comes, until the result is disposed of.</summary>
    /// <param name="uri">The broker, or a proxy in front of it.</param>
    /// <param name="group">Says which queue.</param>
    /// <param name="work">Says how.</param>
    /// <param name="tally">The handler.</param>
    Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally);
}

/// <summary>Consumers that run.</summary>
internal interface IRunning : IAsyncDisposable
{
    /// <summary>Sends on their sockets so far; null where they cannot be counted.</summary>
    long? Sends => null;

    /// <summary>Whether they take from the queue at all.</summary>
    bool Consumes => true;
}
