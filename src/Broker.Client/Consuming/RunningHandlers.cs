using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// The handlers of a consumer that run, one a lane at the most: each gets a token, which is cancelled when its time is
/// over or its channel is gone. One timer watches over all of them, so that a limit costs a handler nothing.
/// </summary>
internal sealed class RunningHandlers : IDisposable
{
    /// <summary>How long a handler has to return after its token was cancelled for its time.</summary>
    public static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _limit;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Action<Delivery> _stuck;
    private readonly Lock _lock = new();
    private readonly ITimer? _timer;
    private RunningHandler[] _lanes = [];
    private int _timing;

    /// <param name="limit">How long a handler may run; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it likes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stuck">Called, once a handler, when it has not returned after its token was cancelled.</param>
    public RunningHandlers(TimeSpan limit, TimeProvider time, Action<Delivery> stuck)
    {
        _limit = limit;
        _patience = limit < MostPatience ? limit : MostPatience;
        _time = time;
        _stuck = stuck;
        if (limit == Timeout.InfiniteTimeSpan)
            return;
        using (Detached.Suppress())
            _timer = time.CreateTimer(
                static self => ((RunningHandlers)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // itself
    }

    /// <summary>How many are stuck.</summary>
    public int Stuck => Volatile.Read(ref _lanes).Count(static lane => lane.IsStuck);

    /// <summary>A handler begins. Its token is good until <see cref="RunningHandler.End"/>.</summary>
    public RunningHandler Begin(int lane, ConsumerGeneration generation, Delivery delivery)
    {
        var lanes = Volatile.Read(ref _lanes);
        var running = lane < lanes.Length ? lanes[lane] : Grow(lane);
        running.Begin(generation, delivery, _time.GetTimestamp());
        if (generation.IsGone)
            running.CancelFor(generation);
        if (_timer is not null && Volatile.Read(ref _timing) == 0 && Interlocked.Exchange(ref _timing, 1) == 0)
            _timer.Change(_limit, Timeout.InfiniteTimeSpan);
        return running;
    }

    /// <summary>The channel is gone, or a stop has waited long enough.</summary>
    public void CancelFor(ConsumerGeneration generation)
    {
        foreach (var lane in Volatile.Read(ref _lanes))
            lane.CancelFor(generation);
    }

    public void Dispose() => _timer?.Dispose();

    private RunningHandler Grow(int lane)
    {
        lock (_lock)
        {
            var lanes = _lanes;
            if (lane >= lanes.Length)
            {
                var before = lanes.Length;
                Array.Resize(ref lanes, Math.Max(lane + 1, before * 2));
                for (var each = before; each < lanes.Length; each++)
                    lanes[each] = new RunningHandler();
                Volatile.Write(ref _lanes, lanes);
            }

            return lanes[lane];
        }
    }

    // The timer is set again for whoever is due next, and rests while nobody runs.
    private void Look()
    {
        Volatile.Write(ref _timing, 0); // who begins from here on sets it
        var now = _time.GetTimestamp();
        var next = Timeout.InfiniteTimeSpan;
        foreach (var lane in Volatile.Read(ref _lanes))
        {
            var (due, stuck) = lane.Look(now, _limit, _patience, _time);
            if (stuck is not null)
                _stuck(stuck);
            if (due is { } some && (next == Timeout.InfiniteTimeSpan || some < next))
                next = some;
        }

        if (next != Timeout.InfiniteTimeSpan)
        {
            Volatile.Write(ref _timing, 1);
            _timer!.Change(next, Timeout.InfiniteTimeSpan); // it is the timer that calls
        }
    }
}

/// <summary>The handler that runs in one lane.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose, and handlers may keep its token.")]
internal sealed class RunningHandler
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _source = new();
    private ConsumerGeneration? _generation;
    private Delivery? _delivery; // null while none runs
    private long _since;
    private bool _isOverdue;
    private bool _isStuck;

    /// <summary>Cancelled when its time is over or its channel is gone.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>What a handler threw, in the light of its time.</summary>
    public Exception Explain(Exception error) => _isOverdue
        ? new TimeoutException($"The handler was over ConsumerOptions.HandlerTimeout when it threw: {error.Message}", error)
        : error;

    public bool IsStuck => Volatile.Read(ref _isStuck);

    public void Begin(ConsumerGeneration generation, Delivery delivery, long now)
    {
        lock (_lock)
        {
            _generation = generation;
            _delivery = delivery;
            _since = now;
            _isOverdue = false;
        }
    }

    /// <summary>It has returned.</summary>
    public void End()
    {
        lock (_lock)
        {
            _generation = null;
            _delivery = null;
            _isStuck = false;
            // What it has left registered must not meet the next one's end.
            if (!_source.TryReset())
                _source = new CancellationTokenSource();
        }
    }

    public void CancelFor(ConsumerGeneration generation)
    {
        lock (_lock)
        {
            if (_generation == generation)
                Cancel();
        }
    }

    /// <summary>When to look again, null where it does not run; and the delivery that has just been found stuck.</summary>
    public (TimeSpan? Due, Delivery? Stuck) Look(long now, TimeSpan limit, TimeSpan patience, TimeProvider time)
    {
        lock (_lock)
        {
            if (_delivery is null || _isStuck)
                return default;
            var runs = time.GetElapsedTime(_since, now);
            if (runs < limit)
                return (limit - runs, null);
            if (!_isOverdue)
            {
                _isOverdue = true;
                Cancel();
            }

            if (runs < limit + patience)
                return (limit + patience - runs, null);
            _isStuck = true;
            return (null, _delivery);
        }
    }

    // What is registered with the token is the handler's, and runs on another thread.
    private void Cancel() => Bounded.ObserveLater(_source.CancelAsync());
}
