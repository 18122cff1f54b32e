namespace Broker.Client.Testing;

/// <summary>The messages that left a queue of this name, the latest ones, so that tests can ask for their
/// fates.</summary>
internal sealed class MessageLog(int limit)
{
    // Large bodies must not fill the memory of a long test run.
    private const long MostBytes = 16 * 1024 * 1024;

    private readonly Queue<MessageRecord> _finished = new();
    private long _bytes;

    public IEnumerable<MessageRecord> Finished => _finished;

    public void Add(MessageRecord record)
    {
        _finished.Enqueue(record);
        _bytes += record.Size;
        while (_finished.Count > limit || _bytes > MostBytes) _bytes -= _finished.Dequeue().Size;
    }
}
