namespace Broker.Client;

/// <summary>What a call to <see cref="Settlement"/> leaves its caller to do.</summary>
internal enum SettlementDuty
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Start the timer: a tick later something may have waited long enough.</summary>
    StartTimer,

    /// <summary>Write what <see cref="Settlement.TryNext"/> gives, until it gives nothing.</summary>
    Write,

    /// <summary>Nothing: it was closed before, and the message comes again.</summary>
    TooLate,
}

/// <summary>
/// What one channel has delivered and has no verdict for at the broker, in the order of the tags. Acks are held back
/// until one of them can stand for many: up to the last of the finished ones that follow each other without a gap, so
/// that a tag whose handler still runs is never covered. Refusals go out at once, and so always before an ack that
/// would cover them.
/// </summary>
/// <remarks>
/// All state is behind one lock, in which what to say is also put in line; one caller at a time writes that line out.
/// Chosen under a lock and sent outside of it, two acks can overtake each other, which the broker answers with a 406.
/// </remarks>
/// <param name="prefetch">How many the broker leaves outstanding.</param>
internal sealed class Settlement(int prefetch)
{
    /// <summary>After so many ticks of the timer an ack has waited long enough while handlers run; one where none runs.</summary>
    public const int MostTicks = 4;

    private const int MostHeldBack = 64;

    private readonly int _flushAt = Math.Clamp(prefetch / 2, 1, MostHeldBack);
    private readonly Lock _lock = new();
    private readonly Queue<Settling> _line = new();

    private Delivery? _first;
    private Delivery? _last;
    private int _outstanding; // in the list
    private int _finished; // of them, acks that are held back
    private int _ticks;
    private bool _timing;
    private bool _writing;
    private bool _closed;
    private TaskCompletionSource? _written;
    private TaskCompletionSource? _empty;

    /// <summary>Deliveries without a verdict.</summary>
    public int Unsettled
    {
        get
        {
            lock (_lock)
                return _outstanding - _finished;
        }
    }

    /// <summary>The first delivery without a verdict.</summary>
    public Delivery? FirstUnsettled
    {
        get
        {
            lock (_lock)
            {
                var each = _first;
                while (each is { IsFinished: true })
                    each = each.Next;
                return each;
            }
        }
    }

    /// <summary>Takes a delivery in; the broker numbers them upwards.</summary>
    public void Add(Delivery delivery)
    {
        lock (_lock)
        {
            delivery.Previous = _last;
            if (_last is null)
                _first = delivery;
            else
                _last.Next = delivery;
            _last = delivery;
            _outstanding++;
        }
    }

    /// <summary>A verdict; a delivery has one at the most.</summary>
    /// <param name="delivery">Whose.</param>
    /// <param name="verdict">Which.</param>
    /// <param name="atOnce">Whether an ack is not to be held back.</param>
    public SettlementDuty Finish(Delivery delivery, Verdict verdict, bool atOnce = false)
    {
        lock (_lock)
        {
            if (_closed)
                return SettlementDuty.TooLate;
            if (verdict != Verdict.Ack)
            {
                Remove(delivery);
                _line.Enqueue(new Settling(delivery.DeliveryTag, verdict, Multiple: false));
                return Written();
            }

            delivery.IsFinished = true;
            _finished++;
            if (atOnce || _finished >= _flushAt)
            {
                LineUpToGap();
                if (atOnce || _finished >= _flushAt)
                    LineUpBeyondGap();
                return Written();
            }

            if (_timing)
                return SettlementDuty.None;
            _timing = true;
            _ticks = 0;
            return SettlementDuty.StartTimer;
        }
    }

    /// <summary>The timer's time is over.</summary>
    public SettlementDuty Tick()
    {
        lock (_lock)
        {
            var isIdle = _finished == _outstanding;
            if (_finished > 0 && !isIdle && ++_ticks < MostTicks)
                return SettlementDuty.StartTimer;
            _timing = false;
            LineUpAll();
            return Written();
        }
    }

    /// <summary>
    /// The lanes have nothing to do. Where that is because the broker may send no more, what is held back goes out.
    /// </summary>
    public SettlementDuty Starved()
    {
        lock (_lock)
        {
            if (_finished == 0 || _outstanding < prefetch)
                return SettlementDuty.None;
            LineUpAll();
            return Written();
        }
    }

    /// <summary>
    /// The end: what is held back goes out, and then all that has no verdict is handed back. Later verdicts are too late.
    /// </summary>
    public SettlementDuty Close()
    {
        lock (_lock)
        {
            LineUpAll();
            if (_outstanding > 0 && !_closed)
                _line.Enqueue(new Settling(Tag: 0, Verdict.Release, Multiple: true)); // 0 stands for everything
            _closed = true;
            return Written();
        }
    }

    /// <summary>
    /// What to say next. Once it is false the turn of the caller who writes has ended.
    /// </summary>
    public bool TryNext(out Settling next)
    {
        TaskCompletionSource? written, empty;
        lock (_lock)
        {
            if (_line.TryDequeue(out next))
                return true;
            _writing = false;
            (written, _written) = (_written, null);
            empty = _outstanding == 0 ? Interlocked.Exchange(ref _empty, null) : null;
        }

        written?.SetResult();
        empty?.SetResult();
        return false;
    }

    /// <summary>Completes when all that is in line has been written.</summary>
    public Task WhenWritten()
    {
        lock (_lock)
        {
            return _writing
                ? (_written ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                : Task.CompletedTask;
        }
    }

    /// <summary>Completes when every delivery has its verdict, and it has been written.</summary>
    public Task WhenEmpty()
    {
        lock (_lock)
        {
            return _outstanding == 0 && !_writing
                ? Task.CompletedTask
                : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void LineUpAll()
    {
        LineUpToGap();
        LineUpBeyondGap();
    }

    private void LineUpToGap()
    {
        ulong tag = 0;
        var count = 0;
        for (; _first is { IsFinished: true } first; count++)
        {
            tag = first.DeliveryTag;
            _finished--;
            Remove(first);
        }

        if (count > 0)
            _line.Enqueue(new Settling(tag, Verdict.Ack, Multiple: count > 1));
    }

    // One slow message must not take the whole prefetch with it.
    private void LineUpBeyondGap()
    {
        for (var each = _first; _finished > 0 && each is not null;)
        {
            var next = each.Next;
            if (each.IsFinished)
            {
                _finished--;
                _line.Enqueue(new Settling(each.DeliveryTag, Verdict.Ack, Multiple: false));
                Remove(each);
            }

            each = next;
        }
    }

    private void Remove(Delivery delivery)
    {
        if (delivery.Previous is { } previous)
            previous.Next = delivery.Next;
        else
            _first = delivery.Next;
        if (delivery.Next is { } next)
            next.Previous = delivery.Previous;
        else
            _last = delivery.Previous;
        delivery.Next = delivery.Previous = null;
        _outstanding--;
    }

    private SettlementDuty Written()
    {
        if (_writing || _line.Count == 0)
            return SettlementDuty.None;
        _writing = true;
        return SettlementDuty.Write;
    }
}
