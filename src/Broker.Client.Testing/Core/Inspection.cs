namespace Broker.Client.Testing;

/// <summary>A message as it was at the moment of looking.</summary>
internal sealed record MessageView(
    string Queue, Message Message, MessageFate Fate, bool IsRedelivered, int DeliveryCount, int AcquiredCount,
    DateTimeOffset? ExpiresAt, IReadOnlyList<FateChange> Steps);

internal sealed record QueueView(
    string Name, QueueDeclaration Declared, int Ready, int Unacked, int Consumers, long ReadyBytes);

internal sealed record BindingView(
    string Source, string Destination, bool IsToQueue, string Key, IReadOnlyDictionary<string, object?> Arguments);

/// <summary>Looks inside without consuming. What it returns are copies.</summary>
internal sealed class Inspection(Lock gate, ExchangeTable exchanges, QueueTable queues)
{
    public IReadOnlyList<QueueView> Queues()
    {
        lock (gate) return [.. queues.All.Select(View)];
    }

    public QueueView? Queue(string name)
    {
        lock (gate) return queues.Find(name) is { } queue ? View(queue) : null;
    }

    public IReadOnlyList<ExchangeDeclaration> Exchanges()
    {
        lock (gate) return [.. exchanges.All.Select(static exchange => exchange.Declared)];
    }

    public IReadOnlyList<BindingView> Bindings()
    {
        lock (gate)
        {
            return
            [
                .. exchanges.All.SelectMany(static exchange => exchange.Bindings).Select(static binding =>
                    new BindingView(binding.Source.Name, binding.Queue?.Name ?? binding.Exchange!.Name,
                        binding.Queue is not null, binding.Key, binding.Arguments)),
            ];
        }
    }

    public IReadOnlyList<MessageView> Ready(string queue)
    {
        lock (gate) return Views(queues.Find(queue)?.Ready());
    }

    public IReadOnlyList<MessageView> Unacked(string queue)
    {
        lock (gate) return Views(queues.Find(queue)?.Unacknowledged());
    }

    /// <summary>Every message the queue of this name had, deleted ones of that name too, in order of arrival.</summary>
    public IReadOnlyList<MessageView> History(string queue)
    {
        lock (gate)
        {
            IEnumerable<MessageRecord> all = queues.Log(queue)?.Finished ?? [];
            if (queues.Find(queue) is { } live) all = all.Concat(live.Ready()).Concat(live.Unacknowledged());
            return Views(all.OrderBy(static record => record.Position));
        }
    }

    private static QueueView View(MessageQueue queue) => new(queue.Name, queue.Declared, queue.ReadyCount,
        queue.UnackedCount, queue.ConsumerCount, queue.ReadyBytes);

    private static MessageView[] Views(IEnumerable<MessageRecord>? records) =>
        records is null ? [] : [.. records.Select(static record => new MessageView(record.Queue, record.Message,
            record.Fate, record.IsRedelivered, record.DeliveryCount, record.AcquiredCount, record.ExpiresAt,
            [.. record.Steps]))];
}
