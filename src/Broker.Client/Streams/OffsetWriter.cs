using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Stores how far a subscriber has come: after so many events or so long, whichever comes first, and when it ends. One write
/// at a time, each of the position as it is at that moment; what fails is tried again, and nobody waits for it.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "EndAsync disposes of them.")]
internal sealed class OffsetWriter
{
    private static readonly TimeSpan s_lastWrite = TimeSpan.FromSeconds(10);

    private readonly StreamSubscriptionOptions _options;
    private readonly IOffsetStore _store;
    private readonly string _stream;
    private readonly string _subscriber;
    private readonly StreamPosition _position;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly AsyncSignal _due = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _writing;
    private int _handled; // since the last write
    private StrongBox<long>? _stored;

    public OffsetWriter(
        StreamSubscriptionOptions options, IOffsetStore store, string stream, string subscriber, StreamPosition position,
        TimeProvider time, ILogger logger)
    {
        (_options, _store, _stream, _subscriber, _position, _time, _logger) =
            (options, store, stream, subscriber, position, time, logger);
        using (Detached.Suppress())
            _timer = time.CreateTimer(
                static self => ((OffsetWriter)self!)._due.Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // itself
        _writing = Detached.Run(WriteAsync);
    }

    /// <summary>What was stored last, here; null where nothing was.</summary>
    public long? Stored => Volatile.Read(ref _stored)?.Value;

    /// <summary>An event was handled.</summary>
    public void OnHandled()
    {
        var handled = Interlocked.Increment(ref _handled);
        if (handled == _options.StoreEvery)
            _due.Set();
        else if (handled == 1)
            _timer.Change(_options.StoreInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stores nothing any more.</summary>
    public async Task AbandonAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _due.Set();
        await _writing.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stores the position for the last time; bounded, and never throws.</summary>
    public async Task EndAsync()
    {
        await AbandonAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(s_lastWrite, _time);
        await StoreAsync(limit.Token).ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            await _due.WaitAsync().ConfigureAwait(false);
            if (_ending.IsCancellationRequested)
                return;
            if (!await StoreAsync(_ending.Token).ConfigureAwait(false))
                _timer.Change(_options.StoreInterval, Timeout.InfiniteTimeSpan);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A store is the user's, or a broker that is away: it is logged, and tried again.")]
    private async Task<bool> StoreAsync(CancellationToken cancellationToken)
    {
        // In this order: what is handled from here on is counted towards the next write, if it is not already in this one.
        Interlocked.Exchange(ref _handled, 0);
        if (_position.Next is not { } next || next == Stored)
            return true;
        try
        {
            await _store.WriteAsync(_stream, _subscriber, next, cancellationToken).AsTask()
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _stored, new StrongBox<long>(next));
            return true;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested && _ending.Token == cancellationToken)
        {
            return false; // the last write follows
        }
        catch (Exception error)
        {
            Log.PositionNotStored(_logger, error, _subscriber, _stream, next);
            return false;
        }
    }
}
