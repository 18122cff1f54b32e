using System.Buffers.Binary;
using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>The handler, the same for every library: it counts, and awaits a millisecond before where the work says so.</summary>
/// <param name="work">What it does.</param>
/// <param name="latencies">Takes how old a message is, where that is measured.</param>
/// <param name="target">After so many it is done.</param>
internal sealed class Tally(ConsumeWork work, Latencies latencies, long target)
{
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _later;
    private long _laterThan;
    private long _count;

    /// <summary>How many were handled.</summary>
    public long Count => Volatile.Read(ref _count);

    public Task First => _first.Task;

    public Task All => _all.Task;

    public ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        if (work.Waits)
            return WaitAsync();
        Handle(body.Span);
        return default;
    }

    /// <summary>For handlers that cannot wait.</summary>
    public void Handle(ReadOnlySpan<byte> body)
    {
        if (work.Measure is Measure.Latency or Measure.Cut)
            Note(BinaryPrimitives.ReadInt64LittleEndian(body));
        var count = Interlocked.Increment(ref _count);
        if (count == 1)
            _first.TrySetResult();
        if (count == target)
            _all.TrySetResult();
    }

    /// <summary>Completes with the first message that was published after this moment.</summary>
    public Task WhenLater()
    {
        var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _laterThan, TimeProvider.System.GetTimestamp());
        Volatile.Write(ref _later, later);
        return later.Task;
    }

    private void Note(long publishedAt)
    {
        latencies.Add(publishedAt);
        if (Volatile.Read(ref _later) is { } later && publishedAt > Volatile.Read(ref _laterThan))
            later.TrySetResult();
    }

    private async ValueTask WaitAsync()
    {
        await Task.Delay(s_wait, TimeProvider.System);
        Handle(default);
    }
}
