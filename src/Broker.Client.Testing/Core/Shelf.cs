namespace Broker.Client.Testing;

/// <summary>The messages of a queue that wait, in the order in which they leave.</summary>
internal abstract class Shelf
{
    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>What leaves next, or null.</summary>
    public abstract MessageRecord? Head { get; }

    /// <summary>What may end by time: behind a message that lives longer, an expired one waits.</summary>
    public abstract IEnumerable<MessageRecord> Heads { get; }

    /// <summary>What a full queue drops.</summary>
    public virtual MessageRecord? Surplus => Head;

    public void Append(MessageRecord record)
    {
        Count++;
        Bytes += record.Size;
        Put(record);
    }

    public void PutBack(MessageRecord record)
    {
        Count++;
        Bytes += record.Size;
        Restore(record);
    }

    /// <summary>A message goes to a consumer without lying here.</summary>
    public virtual void Pass()
    {
    }

    /// <summary>The queue was purged.</summary>
    public virtual void Forget()
    {
    }

    public MessageRecord Take() => Take(Head!); // asked for only where there is one

    /// <summary>Takes one of the heads.</summary>
    public MessageRecord Take(MessageRecord head)
    {
        Count--;
        Bytes -= head.Size;
        Remove(head);
        return head;
    }

    public abstract List<MessageRecord> ToList();

    protected abstract void Put(MessageRecord record);

    protected abstract void Restore(MessageRecord record);

    protected abstract void Remove(MessageRecord head);
}
