namespace Broker.Client.Testing;

/// <summary>
/// What died in a quorum queue that dead-letters at least once: it is kept until a queue has taken it, and tried again
/// after a while. RabbitMQ does not look at once either when there is a queue for it at last.
/// </summary>
internal sealed class Unburied(QueueContext context, Action<MessageRecord, string, Action<bool>> bury, Action changed)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly List<(MessageRecord Record, string Reason)> _kept = [];

    public int Count => _kept.Count;

    public long Bytes => _kept.Sum(static kept => (long)kept.Record.Size);

    public DateTimeOffset? NextDue { get; private set; }

    public IEnumerable<MessageRecord> Records => _kept.Select(static kept => kept.Record);

    public void Add(MessageRecord record, string reason)
    {
        record.Becomes(MessageFate.Ready, context.Now, $"{reason}, kept until it is dead-lettered");
        _kept.Add((record, reason));
        Try(record, reason);
    }

    public void TryDue()
    {
        if (!(NextDue <= context.Now)) return;
        NextDue = null;
        foreach (var (record, reason) in _kept.ToList()) Try(record, reason);
    }

    /// <summary>Takes all of them away.</summary>
    public List<MessageRecord> Clear()
    {
        List<MessageRecord> all = [.. Records];
        _kept.Clear();
        NextDue = null;
        return all;
    }

    private void Try(MessageRecord record, string reason) => bury(record, reason, taken =>
    {
        if (taken) _kept.RemoveAll(kept => kept.Record == record);
        else NextDue ??= context.Now + s_patience;
        changed();
    });
}
