namespace Broker.Client.Benchmarks.Comparing;

/// <summary>One side of a comparison, open for one group of works.</summary>
internal interface IContender<in TWork> : IAsyncDisposable
{
    /// <summary>Whether the work means anything for it.</summary>
    bool Can(TWork work);

    /// <summary>Does the work for so long.</summary>
    Task<Section> RunAsync(TWork work, TimeSpan time, Latencies latencies);
}
