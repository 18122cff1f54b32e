using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// The lanes of a consumer. A lane handles one item after the other; it is started when there is something for it, and
/// stops when there is nothing, so that a consumer without messages costs no thread and no loop. Lanes outlive
/// connections, so that a message which comes again does not start in a lane where its first handler still runs.
/// </summary>
/// <remarks>
/// One lane keeps the order of the queue. Several that stand in one line take what comes next, and do not. Several with
/// a line each keep the order of what was put into the same line.
/// </remarks>
internal sealed class Dispatcher<T>
{
    private readonly Func<T, int, ValueTask> _handle;
    private readonly Action _ranEmpty;
    private readonly string? _threadName;
    private readonly Line[] _lines;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private int _draining;
    private int _holds = 1; // lanes at work, and one until the drain begins

    /// <param name="lanes">How many.</param>
    /// <param name="apart">Whether each has a line of its own.</param>
    /// <param name="handle">Called for each item and the number of its lane; must not throw.</param>
    /// <param name="ranEmpty">Called when a lane finds nothing to do; must return at once.</param>
    /// <param name="threadName">
    /// For handlers that may block: each lane gets a thread of this name, while it has work. Null leaves them to the pool.
    /// </param>
    public Dispatcher(
        int lanes, bool apart, Func<T, int, ValueTask> handle, Action ranEmpty, string? threadName = null)
    {
        _handle = handle;
        _ranEmpty = ranEmpty;
        _threadName = threadName;
        _lines = new Line[apart ? lanes : 1];
        for (var each = 0; each < _lines.Length; each++)
            _lines[each] = new Line(this, first: each, lanes: apart ? 1 : lanes);
    }

    /// <summary>How many lanes are in a handler.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The context that every item is handled in, whatever the one before has left; set before the first.</summary>
    public ExecutionContext? Context { private get; set; }

    /// <summary>Puts an item at the end of a line.</summary>
    public void Post(T item, int line = 0) => _lines[line].Post(item);

    /// <summary>Takes out what no lane has begun and is like that.</summary>
    public List<T> Take(Predicate<T> like)
    {
        List<T> taken = [];
        foreach (var line in _lines)
            line.Take(like, taken);
        return taken;
    }

    /// <summary>Completes when the lanes have nothing more to do and the last handler has returned.</summary>
    public Task DrainAsync()
    {
        if (Interlocked.Exchange(ref _draining, 1) == 0)
            Release();
        return _drained.Task;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
            _drained.TrySetResult();
    }

    /// <summary>What waits for a lane, and the lanes that wait for it. All under its lock.</summary>
    private sealed class Line(Dispatcher<T> owner, int first, int lanes)
    {
        private readonly Lock _lock = new();
        private readonly Queue<T> _items = new();
        private readonly Stack<Lane> _idle = new();
        private int _made;

        public void Post(T item)
        {
            Lane? lane;
            lock (_lock)
            {
                _items.Enqueue(item);
                if (!_idle.TryPop(out lane) && _made < lanes)
                    lane = new Lane(owner, this, first + _made++);
                if (lane is not null)
                    Interlocked.Increment(ref owner._holds);
            }

            lane?.Start();
        }

        /// <summary>The next item; when there is none the lane is idle from here on.</summary>
        public bool TryTake(Lane lane, [MaybeNullWhen(false)] out T item)
        {
            lock (_lock)
            {
                if (_items.TryDequeue(out item))
                    return true;
                _idle.Push(lane);
                return false;
            }
        }

        public void Take(Predicate<T> like, List<T> taken)
        {
            lock (_lock)
            {
                for (var left = _items.Count; left > 0; left--)
                {
                    var item = _items.Dequeue();
                    if (like(item))
                        taken.Add(item);
                    else
                        _items.Enqueue(item);
                }
            }
        }
    }

    private sealed class Lane : IThreadPoolWorkItem
    {
        /// <summary>After so many items in one go the others who wait for the pool get their turn.</summary>
        private const int MostInOneGo = 64;

        private readonly Dispatcher<T> _owner;
        private readonly Line _line;
        private readonly int _number;
        private readonly LaneThread? _thread;
        private bool _isGuest; // in the pool, though it has a thread

        public Lane(Dispatcher<T> owner, Line line, int number)
        {
            _owner = owner;
            _line = line;
            _number = number;
            if (owner._threadName is { } name)
                _thread = new LaneThread(name, () => _ = RunAsync());
        }

        public void Start()
        {
            _isGuest = _thread is not null && LaneThread.TryEnterPool();
            if (_thread is null || _isGuest)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            else
                _thread.Wake();
        }

        void IThreadPoolWorkItem.Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            var isGuest = _isGuest; // once the lane is idle the next turn may set it anew
            for (var count = 1; _line.TryTake(this, out var item); count++)
            {
                if (_owner.Context is { } context)
                    ExecutionContext.Restore(context);
                Interlocked.Increment(ref _owner._running);
                var handling = _owner._handle(item, _number);
                var isOver = handling.IsCompleted;
                await handling.ConfigureAwait(false);
                Interlocked.Decrement(ref _owner._running);
                var hasWaited = _thread is not null && !isOver; // and is on a thread of the pool
                var isInPool = _thread is null || isGuest;
                if (hasWaited || (isInPool && isOver && count == MostInOneGo))
                {
                    if (isGuest)
                        LaneThread.LeavePool();
                    Start(); // back to where it belongs, or to the end of the pool's queue
                    return;
                }
            }

            if (isGuest)
                LaneThread.LeavePool();
            _owner._ranEmpty();
            _owner.Release();
        }
    }
}
