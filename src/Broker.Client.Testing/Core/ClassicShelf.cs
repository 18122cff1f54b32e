namespace Broker.Client.Testing;

/// <summary>
/// A classic queue: one lane for each priority, the highest first. What comes back lies where it was, and so before all
/// that was never taken: a heap for the first, a queue for the second.
/// </summary>
internal sealed class ClassicShelf(int highest) : Shelf
{
    private readonly Lane[] _lanes = [.. Enumerable.Range(0, highest + 1).Select(static _ => new Lane())];

    public override MessageRecord? Head
    {
        get
        {
            for (var i = highest; i >= 0; i--)
            {
                if (_lanes[i].Head is { } head) return head;
            }

            return null;
        }
    }

    // What has expired behind a higher priority waits too.
    public override IEnumerable<MessageRecord> Heads => Head is { } head ? [head] : [];

    public override List<MessageRecord> ToList() => [.. _lanes.Reverse().SelectMany(static lane => lane.All)];

    protected override void Put(MessageRecord record) => LaneOf(record).Fresh.Enqueue(record);

    protected override void Restore(MessageRecord record) => LaneOf(record).Returned.Enqueue(record, record.Position);

    protected override void Remove(MessageRecord head) => LaneOf(head).Dequeue();

    private Lane LaneOf(MessageRecord record) => _lanes[Math.Min(record.Message.Properties.Priority ?? 0, highest)];

    private sealed class Lane
    {
        public PriorityQueue<MessageRecord, long> Returned { get; } = new();

        public Queue<MessageRecord> Fresh { get; } = new();

        public MessageRecord? Head =>
            Returned.Count > 0 ? Returned.Peek() : Fresh.Count > 0 ? Fresh.Peek() : null;

        public IEnumerable<MessageRecord> All =>
            Returned.UnorderedItems.Select(static item => item.Element).OrderBy(static record => record.Position)
                .Concat(Fresh);

        public void Dequeue()
        {
            if (Returned.Count > 0) Returned.Dequeue();
            else Fresh.Dequeue();
        }
    }
}
