namespace Broker.Client.Testing;

/// <summary>
/// The messages that wait, in order of their places. Messages leave at the head, so what is returned lies before all
/// that was never taken: a heap for the first, a queue for the second.
/// </summary>
internal sealed class ReadyMessages
{
    private readonly PriorityQueue<MessageRecord, long> _returned = new();
    private readonly Queue<MessageRecord> _fresh = new();

    public int Count => _returned.Count + _fresh.Count;

    public long Bytes { get; private set; }

    public MessageRecord? Head => _returned.Count > 0 ? _returned.Peek() : _fresh.Count > 0 ? _fresh.Peek() : null;

    public void Append(MessageRecord record)
    {
        _fresh.Enqueue(record);
        Bytes += record.Size;
    }

    public void PutBack(MessageRecord record)
    {
        _returned.Enqueue(record, record.Position);
        Bytes += record.Size;
    }

    public MessageRecord Take()
    {
        var record = _returned.Count > 0 ? _returned.Dequeue() : _fresh.Dequeue();
        Bytes -= record.Size;
        return record;
    }

    public List<MessageRecord> ToList() =>
    [
        .. _returned.UnorderedItems.Select(static item => item.Element).OrderBy(static record => record.Position),
        .. _fresh,
    ];
}
