namespace Broker.Client.Testing;

/// <summary>
/// A queue of any type: its name and arguments, who consumes, and its end. Everything runs under the virtual host's lock.
/// </summary>
internal abstract class MessageQueue : IDisposable
{
    private readonly QueueTimers _timers;
    private readonly QueueArguments _own;
    private DateTimeOffset _goneAt;
    private bool _tending;
    private bool _tendAgain;

    protected MessageQueue(
        QueueDeclaration declared, QueueArguments arguments, object? owner, QueueContext context, MessageLog log)
    {
        Declared = declared;
        _own = Arguments = arguments;
        Owner = owner;
        Context = context;
        Log = log;
        _timers = new(context.Clock, HeadIsDue, QueueIsDue);
    }

    public QueueDeclaration Declared { get; }

    /// <summary>What it was declared with, and what its policy gives beside.</summary>
    public QueueArguments Arguments { get; private set; }

    /// <summary>The connection an exclusive queue belongs to.</summary>
    public object? Owner { get; }

    public string Name => Declared.Name;

    public bool IsDeleted { get; private set; }

    public abstract int ReadyCount { get; }

    /// <summary>What queue.declare-ok tells of them.</summary>
    public virtual int ToldCount => ReadyCount;

    public abstract long ReadyBytes { get; }

    public abstract int UnackedCount { get; }

    /// <summary>As queue.declare-ok tells it.</summary>
    public virtual int ConsumerCount => Consumers.Count;

    public Subscription[] Subscriptions => Consumers.All;

    public bool HasExclusiveConsumer => Consumers.HasExclusive;

    protected abstract ConsumerRing Consumers { get; }

    protected QueueContext Context { get; }

    protected MessageLog Log { get; }

    /// <summary>When what is at the head ends by time.</summary>
    protected abstract DateTimeOffset? NextDue { get; }

    protected bool IsTending => _tending;

    /// <summary>False when the queue is full and refuses; the publisher's confirm is then a nack.</summary>
    public abstract bool Enqueue(Message message);

    /// <summary>The head for basic.get, or null.</summary>
    public abstract MessageRecord? Take(bool noAck);

    /// <summary>What the latest <see cref="Take"/> left, as get-ok tells it: a quorum queue counts what has expired
    /// behind the message, which it drops only then.</summary>
    public int LeftAtTake { get; protected set; }

    public abstract void Acked(MessageRecord record);

    /// <summary>Refused without requeue.</summary>
    public abstract void Rejected(MessageRecord record, ReturnCause cause);

    /// <summary>Puts a message back. The caller tends the queue when it has put back all it had.</summary>
    public abstract void Return(MessageRecord record, ReturnCause cause, Subscription? holder);

    public abstract int Purge();

    public abstract List<MessageRecord> Ready();

    public abstract List<MessageRecord> Unacknowledged();

    /// <summary>Delivers what can be delivered, drops what is too old or too much, sets the clock for the
    /// rest.</summary>
    public void Tend()
    {
        // Dead-lettering may come back to this queue: the outer call then goes round once more.
        _tendAgain = true;
        if (_tending || IsDeleted) return;

        _tending = true;
        try
        {
            while (_tendAgain)
            {
                _tendAgain = false;
                TendOnce();
            }
        }
        finally
        {
            _tending = false;
        }

        _timers.WatchHead(NextDue);
        Context.Changes.Signal();
    }

    public virtual void Add(Subscription subscription)
    {
        Consumers.Add(subscription);
        Touch();
    }

    public virtual bool Remove(Subscription subscription)
    {
        var removed = Consumers.Remove(subscription);
        Touch();
        return removed;
    }

    /// <summary>Something used the queue: its x-expires starts again.</summary>
    public void Touch()
    {
        if (Arguments.Expires is not { } expires || IsDeleted) return;

        _goneAt = Context.Now.AddMilliseconds(expires);
        _timers.WatchQueue(Consumers.Count == 0 ? TimeSpan.FromMilliseconds(expires) : null);
    }

    /// <summary>The policy for its name is another one now, or there is none any more.</summary>
    public void Apply(TestPolicy? policy)
    {
        Arguments = _own.With(policy, Context.Profile);
        if (Arguments.Expires is null) _timers.WatchQueue(null);
        else Touch();
        Tend();
    }

    public void Delete()
    {
        IsDeleted = true;
        Dispose();
        Empty();
        foreach (var subscription in Consumers.Clear())
        {
            subscription.Channel.Forget(subscription);
            subscription.Consumer.Cancelled(subscription.Tag);
        }

        Context.Changes.Signal();
    }

    public void Dispose()
    {
        _timers.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract void TendOnce();

    /// <summary>The time that <see cref="NextDue"/> told has come.</summary>
    protected virtual void OnHeadDue()
    {
    }

    /// <summary>The queue is deleted, and all that it has with it.</summary>
    protected abstract void Empty();

    protected void Finish(MessageRecord record, MessageFate fate, string? detail = null)
    {
        record.Becomes(fate, Context.Now, detail);
        Log.Add(record);
        Context.Changes.Signal();
    }

    private void HeadIsDue()
    {
        lock (Context.Gate)
        {
            _timers.HeadFired();
            OnHeadDue();
            Tend();
        }
    }

    private void QueueIsDue()
    {
        lock (Context.Gate)
        {
            if (IsDeleted || Consumers.Count > 0) return;

            // Someone may have used the queue while this waited for the lock.
            var left = _goneAt - Context.Now;
            if (left <= TimeSpan.Zero) Context.Remove(this);
            else _timers.WatchQueue(left);
        }
    }
}
