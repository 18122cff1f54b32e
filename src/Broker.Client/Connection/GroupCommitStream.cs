using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>
/// What the driver reads from and writes to: the socket, or TLS over it, with grouped writes and read-ahead. The driver
/// wants a <see cref="NetworkStream"/>, and uses of it what is overridden here.
/// </summary>
internal sealed class GroupCommitStream : NetworkStream
{
    private readonly Stream _inner;
    private readonly GroupWriter _writer;
    private readonly ReadAhead _reader;
    private readonly DriverQueue _publishes;
    private int _internalOnChannel;
    private int _disposed;

    public GroupCommitStream(Socket socket, Stream inner, TimeProvider clock, DriverQueue publishes)
        : base(socket, ownsSocket: true)
    {
        _inner = inner;
        _publishes = publishes;
        _writer = new GroupWriter(inner, clock, socket.Dispose);
        _reader = new ReadAhead(inner, clock);
    }

    /// <summary>See <see cref="Transport.DeclareNextExchangeAsInternal"/>; 0 for none.</summary>
    public int InternalOnChannel
    {
        get => Volatile.Read(ref _internalOnChannel);
        set => Volatile.Write(ref _internalOnChannel, value);
    }

    /// <summary>When bytes came last, by the clock.</summary>
    public long LastRead => _reader.LastRead;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (InternalOnChannel is var channel and not 0 && InternalExchange.TryMark(buffer.Span, channel) is { } marked)
        {
            InternalOnChannel = 0;
            buffer = marked;
        }

        return DriverQueue.IsPublish(buffer.Span)
            ? WritePublishAsync(buffer, cancellationToken)
            : _writer.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // What was written is on its way, and a flush after each write must not wait for it.
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(Span<byte> buffer) => throw Synchronous();

    public override int Read(byte[] buffer, int offset, int count) => throw Synchronous();

    public override void Write(ReadOnlySpan<byte> buffer) => throw Synchronous();

    public override void Write(byte[] buffer, int offset, int count) => throw Synchronous();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WritePublishAsync(ReadOnlyMemory<byte> publish, CancellationToken cancellationToken)
    {
        await _writer.WriteAsync(publish, cancellationToken).ConfigureAwait(false);
        _publishes.Leave();
    }

    // The last words (a connection.close-ok, say) are still sent; who cannot wait for them disposes the socket.
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            base.Dispose(disposing: false);
        else if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _writer.WhenDrained(End);
    }

    private void End()
    {
        _inner.Dispose();
        base.Dispose(disposing: true);
    }

    private static NotSupportedException Synchronous() => new("The driver reads and writes asynchronously.");
}
