using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>Reads more than the driver asks for, so that most of its reads (of 4 KiB) cost no call of the system.</summary>
/// <remarks>
/// The driver takes all that is there in one go, and holds each body in an array of the shared pool until its consumer has
/// had it. The pool keeps 32 of a size for each processor: with more on their way, every further message costs an array,
/// larger than its body. So what was read is not too much, and consumers get their turn before the driver gets it.
/// </remarks>
internal sealed class ReadAhead(Stream inner, TimeProvider clock)
{
    /// <summary>What is longer than the driver's own reads waits for others to have their turn.</summary>
    private const int Long = 4 * 1024;

    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly NestingGuard _guard = new();
    private int _start;
    private int _end;
    private long _lastRead = clock.GetTimestamp();

    /// <summary>When bytes came last, by the clock.</summary>
    public long LastRead => Volatile.Read(ref _lastRead);

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
        _start < _end ? new ValueTask<int>(Take(destination.Span)) : FillAsync(destination, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FillAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        // A longer destination than the buffer is filled itself; there is nothing to save.
        var direct = destination.Length >= _buffer.Length;
        var into = direct ? destination : _buffer;
        var read = await inner.ReadAsync(into, cancellationToken).ConfigureAwait(false);
        // The driver hears the end between two frames only; within one it would ask again for ever.
        if (read == 0)
            throw new EndOfStreamException("The peer has ended the connection.");
        Volatile.Write(ref _lastRead, clock.GetTimestamp());
        _guard.Look(into.Span[..read]);
        if (read > Long)
            await Task.Yield();
        if (direct)
            return read;
        (_start, _end) = (0, read);
        return Take(destination.Span);
    }

    private int Take(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }
}
