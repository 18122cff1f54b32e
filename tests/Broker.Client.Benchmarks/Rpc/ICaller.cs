namespace Broker.Client.Benchmarks.Rpc;

/// <summary>One side of the comparison: a client that calls an echo server.</summary>
internal interface ICaller : IAsyncDisposable
{
    ValueTask CallAsync(ReadOnlyMemory<byte> body);
}
