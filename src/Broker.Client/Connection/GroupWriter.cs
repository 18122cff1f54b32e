namespace Broker.Client;

/// <summary>
/// Gathers the driver's writes, one a command, into few sends. A write after a pause goes out at once, in the caller's
/// turn; what follows on its heels is gathered while a pump sends what was gathered before. There is no timer, and
/// nothing waits to become more.
/// </summary>
/// <param name="inner">The socket, or TLS over it.</param>
/// <param name="clock">Tells a pause.</param>
/// <param name="failed">Ends the connection: a failed send alone would leave the driver's reader waiting.</param>
internal sealed class GroupWriter(Stream inner, TimeProvider clock, Action failed) : IThreadPoolWorkItem
{
    /// <summary>From this size on bytes are sent from where they are.</summary>
    public const int PassThrough = 16 * 1024;

    private const int FirstBuffer = 16 * 1024;
    private const int MostGathered = 256 * 1024;

    // Between two writes of the driver's loop lies a microsecond or two; between two of a caller that awaits, a round trip.
    private static readonly TimeSpan s_pause = TimeSpan.FromMicroseconds(50);

    private static long s_totalSends;

    private readonly Lock _lock = new();
    private byte[] _gathered = new byte[FirstBuffer];
    private byte[] _spare = new byte[FirstBuffer];
    private int _length;
    private bool _pumping;
    private long _lastWrite;
    private Exception? _failure;
    private TaskCompletionSource? _drained;
    private Action? _whenDrained;

    /// <summary>Writes of the driver so far.</summary>
    public long Writes { get; private set; }

    /// <summary>Sends that were made of them.</summary>
    public long Sends => Volatile.Read(ref _sends);

    private long _sends;

    /// <summary>Sends of all connections of the process, for the benchmark.</summary>
    public static long TotalSends => Volatile.Read(ref s_totalSends);

    /// <summary>Takes the bytes, or sends them. The driver has one loop that writes, and waits for each write.</summary>
    /// <exception cref="IOException">A send has failed.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Writes++;
            ThrowIfFailed();
            if (_pumping)
                return TryGather(bytes.Span) ? default : WriteDrainedAsync(bytes, cancellationToken);
            if (!IsPause() && TryGather(bytes.Span))
            {
                _pumping = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return default;
            }
        }

        return SendAsync(bytes, cancellationToken);
    }

    /// <summary>What was gathered is sent first, then <paramref name="then"/> is called, on any thread.</summary>
    public void WhenDrained(Action then)
    {
        lock (_lock)
        {
            if (_pumping)
            {
                _whenDrained += then;
                return;
            }
        }

        then();
    }

    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    // Sends what is there until there is nothing; what comes meanwhile makes the next send.
    private async Task PumpAsync()
    {
        while (Swap() is { Length: > 0 } full)
        {
            try
            {
                CountSend();
                await inner.WriteAsync(full).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
            {
                Fail(error);
                return;
            }
        }
    }

    private ReadOnlyMemory<byte> Swap()
    {
        Action? then;
        lock (_lock)
        {
            if (_length > 0)
            {
                (_gathered, _spare) = (_spare, _gathered);
                var full = _spare.AsMemory(0, _length);
                _length = 0;
                return full;
            }

            then = StopPumping();
        }

        then?.Invoke();
        return default;
    }

    private void Fail(Exception error)
    {
        Action? then;
        lock (_lock)
        {
            _failure = error;
            then = StopPumping();
        }

        failed();
        then?.Invoke();
    }

    // Under the lock.
    private Action? StopPumping()
    {
        _pumping = false;
        _lastWrite = clock.GetTimestamp();
        _drained?.SetResult();
        _drained = null;
        var then = _whenDrained;
        _whenDrained = null;
        return then;
    }

    // Too large to copy, or too much to hold: what is before it goes first, and the driver waits for both.
    private async ValueTask WriteDrainedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Task drained;
        lock (_lock)
        {
            if (_pumping)
                _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _drained?.Task ?? Task.CompletedTask;
        }

        await drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
            ThrowIfFailed();
        await SendAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        CountSend();
        var sending = inner.WriteAsync(bytes, cancellationToken);
        _lastWrite = clock.GetTimestamp();
        return sending;
    }

    private void CountSend()
    {
        Interlocked.Increment(ref _sends);
        Interlocked.Increment(ref s_totalSends);
    }

    private bool IsPause() => clock.GetElapsedTime(_lastWrite) > s_pause;

    private bool TryGather(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= PassThrough || _length + bytes.Length > MostGathered)
            return false;
        if (_length + bytes.Length > _gathered.Length)
            Array.Resize(ref _gathered, Math.Min(MostGathered, Math.Max(_gathered.Length * 2, _length + bytes.Length)));
        bytes.CopyTo(_gathered.AsSpan(_length));
        _length += bytes.Length;
        return true;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            throw new IOException($"An earlier send on this connection failed: {_failure.Message}", _failure);
    }
}
