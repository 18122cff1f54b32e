namespace Broker.Client.Testing;

internal sealed record QueueView(
    string Name, QueueDeclaration Declared, int Ready, int Unacked, int Consumers, long ReadyBytes);

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

    public IReadOnlyList<TestExchange> Exchanges()
    {
        lock (gate)
        {
            return
            [
                .. exchanges.All.Select(static exchange => exchange.Declared).Select(static declared => new TestExchange(
                    declared.Name, declared.Type, declared.Durable, declared.AutoDelete, declared.Internal,
                    declared.Arguments)),
            ];
        }
    }

    public IReadOnlyList<TestBinding> Bindings()
    {
        lock (gate)
        {
            return
            [
                .. exchanges.All.SelectMany(static exchange => exchange.Bindings).Select(static binding =>
                    new TestBinding(binding.Source.Name, binding.Queue?.Name ?? binding.Exchange!.Name,
                        binding.Queue is not null, binding.Key, binding.Arguments)),
            ];
        }
    }

    /// <summary>What the queue holds, in its order; what is delivered stands where it would come back to.</summary>
    public IReadOnlyList<QueueMessage> Messages(string queue)
    {
        lock (gate) return Views(queues.Find(queue) is { } live ? live.Ready().Concat(live.Unacknowledged()) : []);
    }

    /// <summary>Every message the queue of this name had, deleted ones of that name too, in order of arrival.</summary>
    public IReadOnlyList<QueueMessage> History(string queue)
    {
        lock (gate)
        {
            IEnumerable<MessageRecord> all = queues.Log(queue)?.Finished ?? [];
            if (queues.Find(queue) is { } live) all = all.Concat(live.Ready()).Concat(live.Unacknowledged());
            return Views(all);
        }
    }

    private static QueueView View(MessageQueue queue) => new(queue.Name, queue.Declared, queue.ReadyCount,
        queue.UnackedCount, queue.ConsumerCount, queue.ReadyBytes);

    private static QueueMessage[] Views(IEnumerable<MessageRecord> records) =>
        [.. records.OrderBy(static record => record.Position).Select(View)];

    private static QueueMessage View(MessageRecord record) => new()
    {
        Queue = record.Queue,
        Exchange = record.Message.Exchange,
        RoutingKey = record.Message.RoutingKey,
        Properties = record.Message.Properties,
        Body = record.Message.Body,
        Fate = record.Fate,
        IsRedelivered = record.IsRedelivered,
        DeliveryCount = record.DeliveryCount,
        ExpiresAt = record.ExpiresAt,
        Steps = [.. record.Steps],
    };
}
