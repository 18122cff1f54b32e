namespace Broker.Client.Testing;

/// <summary>The messages that left a queue of this name, the latest up to a limit, so that tests can ask for fates.</summary>
internal sealed class MessageLog(int limit)
{
    private readonly Queue<MessageRecord> _finished = new();

    public void Add(MessageRecord record)
    {
        if (limit <= 0) return;
        if (_finished.Count == limit) _finished.Dequeue();
        _finished.Enqueue(record);
    }

    public IEnumerable<MessageRecord> Finished => _finished;
}
