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
/// <param name="takesBack">
/// Whether the broker takes messages back. Of a stream it does not (540, on RabbitMQ 3.10): there a refusal is not told, and what
/// has no verdict comes again because it is asked for again.
/// </param>
internal sealed class Settlement(int prefetch, bool takesBack = true)
{
    /// <summary>After so many ticks of the timer an ack has waited long enough while handlers run; one where none runs.</summary>
    public const int MostTicks = 4;

    private const int MostHeldBack = 64;

    private readonly int _flushAt = Math.Clamp(prefetch / 2, 1, MostHeldBack);
    private readonly Lock _lock = new();
    private readonly Queue<Settling> _line = new();

    // In the order of the channel. What was told stays in it until all before it was told, or until it is cleared out.
    private readonly Queue<Delivery> _deliveries = new();

    private int _outstanding; // not told
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
                foreach (var delivery in _deliveries)
                {
                    if (delivery.Standing == Standing.Open)
                        return delivery;
                }

                return null;
            }
        }
    }

    /// <summary>Takes a delivery in; the broker numbers them upwards.</summary>
    public void Add(Delivery delivery)
    {
        lock (_lock)
        {
            _deliveries.Enqueue(delivery);
            _outstanding++;
        }
    }

    /// <summary>A verdict; a delivery has one at the most.</summary>
    /// <param name="delivery">Whose.</param>
    /// <param name="verdict">Which.</param>
    /// <param name="atOnce">Whether an ack is not to be held back.</param>
    /// <param name="rested">
    /// Whether nothing was written for a while: then there is no crowd to wait for, and an ack that leaves nothing open goes out at once.
    /// </param>
    public SettlementDuty Finish(Delivery delivery, Verdict verdict, bool atOnce = false, bool rested = false)
    {
        lock (_lock)
        {
            if (_closed)
                return SettlementDuty.TooLate;
            if (verdict != Verdict.Ack)
            {
                Tell(delivery, verdict);
                if (_deliveries.Count > _outstanding + prefetch)
                    ClearOut();
                return Written();
            }

            delivery.Standing = Standing.Held;
            _finished++;
            if (atOnce || _finished >= _flushAt || (rested && _finished == _outstanding))
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
            if (_outstanding > 0 && takesBack && !_closed)
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
        for (; _deliveries.TryPeek(out var first) && first.Standing != Standing.Open; _deliveries.Dequeue())
        {
            if (first.Standing == Standing.Told)
                continue;
            tag = first.DeliveryTag;
            count++;
        }

        _finished -= count;
        _outstanding -= count;
        if (count > 0)
            _line.Enqueue(new Settling(tag, Verdict.Ack, Multiple: count > 1));
    }

    // One slow message must not take the whole prefetch with it.
    private void LineUpBeyondGap()
    {
        if (_finished == 0)
            return;
        foreach (var delivery in _deliveries)
        {
            if (delivery.Standing != Standing.Held)
                continue;
            _finished--;
            Tell(delivery, Verdict.Ack);
        }

        ClearOut();
    }

    private void Tell(Delivery delivery, Verdict verdict)
    {
        delivery.Standing = Standing.Told;
        _outstanding--;
        if (takesBack || verdict == Verdict.Ack)
            _line.Enqueue(new Settling(delivery.DeliveryTag, verdict, Multiple: false));
    }

    private void ClearOut()
    {
        for (var count = _deliveries.Count; count > 0; count--)
        {
            if (_deliveries.Dequeue() is { Standing: not Standing.Told } delivery)
                _deliveries.Enqueue(delivery);
        }
    }

    private SettlementDuty Written()
    {
        var isAwaited = _empty is not null && _outstanding == 0;
        if (_writing || (_line.Count == 0 && !isAwaited))
            return SettlementDuty.None;
        _writing = true;
        return SettlementDuty.Write;
    }
}
