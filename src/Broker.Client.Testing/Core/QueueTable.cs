using System.Buffers.Text;

namespace Broker.Client.Testing;

/// <summary>The queues of a virtual host: names, owners, declaring and redeclaring. Under the virtual host's
/// lock.</summary>
internal sealed class QueueTable(string vhost, QueueContext context, PolicyTable policies, int historyLimit)
{
    // Tests that make up a name for each queue must not fill the memory with histories that nobody asks for.
    private const int MostDeleted = 100;

    private readonly Dictionary<string, MessageQueue> _queues = [];
    private readonly List<string> _deleted = []; // whose history is kept, the oldest first
    private readonly Dictionary<string, MessageLog> _logs = [];

    public IEnumerable<MessageQueue> All => _queues.Values;

    public MessageQueue? Find(string name) => _queues.GetValueOrDefault(name);

    public MessageLog? Log(string name) => _logs.GetValueOrDefault(name);

    /// <summary>The queue, for someone who may use it: 404 when there is none, 405 when it is another's.</summary>
    public MessageQueue Get(string name, object? connection)
    {
        var queue = Find(name) ?? throw NotFound(name);
        CheckOwner(queue, connection);
        return queue;
    }

    public void CheckOwner(MessageQueue queue, object? connection)
    {
        if (queue.Owner is { } owner && !ReferenceEquals(owner, connection))
            throw BrokerError.Locked(queue.Name, vhost);
    }

    public MessageQueue Declare(QueueDeclaration wanted, object connection, Action? checkNew = null)
    {
        // Even one that exists: RabbitMQ looks at the name first.
        if (wanted.Name.StartsWith("amq.", StringComparison.Ordinal))
            throw BrokerError.Refused($"queue name '{wanted.Name}' contains reserved prefix 'amq.*'");
        if (Find(wanted.Name) is { } existing)
        {
            CheckOwner(existing, connection);
            CheckEquivalence(wanted, existing);
            existing.Touch();
            return existing;
        }

        checkNew?.Invoke();
        var arguments = QueueArguments.Read(wanted, vhost, context.Profile);
        if (wanted.Name.Length == 0) wanted = wanted with { Name = ServerName() };

        if (!_logs.TryGetValue(wanted.Name, out var log)) _logs[wanted.Name] = log = new(historyLimit);
        var owner = wanted.Exclusive ? connection : null;
        MessageQueue queue = arguments.Type switch
        {
            QueueType.Quorum => new QuorumQueue(wanted, arguments, owner, context, log),
            QueueType.Stream => new StreamQueue(wanted, arguments, context, log),
            _ => new ClassicQueue(wanted, arguments, owner, context, log),
        };
        if (policies.For(wanted.Name) is { } policy) queue.Apply(policy);
        _queues.Add(wanted.Name, queue);
        _deleted.Remove(wanted.Name);
        return queue;
    }

    public void CheckDelete(MessageQueue queue, bool ifUnused, bool ifEmpty)
    {
        if (queue.Arguments.Type == QueueType.Stream) return;
        if (queue.Arguments.IsQuorum && (ifUnused || ifEmpty))
        {
            var flag = ifUnused ? "if-unused" : "if-empty";
            throw BrokerError.NotImplemented($"cannot delete queue '{queue.Name}' in vhost '{vhost}'. queue.delete "
                + $"operations with {flag} flag set are not supported by quorum queues");
        }

        if (ifUnused && queue.ConsumerCount > 0)
            throw BrokerError.Precondition($"queue '{queue.Name}' in vhost '{vhost}' in use");
        if (ifEmpty && queue.ReadyCount > 0)
            throw BrokerError.Precondition($"queue '{queue.Name}' in vhost '{vhost}' not empty");
    }

    public void Remove(MessageQueue queue)
    {
        _queues.Remove(queue.Name);
        queue.Delete();
        // Nobody can ask again for a name that the broker made up; keeping its log would only grow.
        if (queue.Name.StartsWith("amq.gen-", StringComparison.Ordinal))
        {
            _logs.Remove(queue.Name);
            return;
        }

        _deleted.Add(queue.Name);
        if (_deleted.Count <= MostDeleted) return;
        _logs.Remove(_deleted[0]);
        _deleted.RemoveAt(0);
    }

    private BrokerError NotFound(string name) => BrokerError.NotFound($"no queue '{name}' in vhost '{vhost}'");

    private void CheckEquivalence(QueueDeclaration wanted, MessageQueue existing)
    {
        var current = existing.Declared;
        var equivalence = new Equivalence($"queue '{wanted.Name}' in vhost '{vhost}'");
        // The owner passed the check before; what differs here is an exclusive flag, and that is a 405 too.
        if (wanted.Exclusive != current.Exclusive) throw BrokerError.Locked(wanted.Name, vhost);
        // An exclusive queue is neither durable nor transient.
        if (!current.Exclusive)
            equivalence.Flag("durable", wanted.Durable, current.Durable);
        equivalence.Flag("auto_delete", wanted.AutoDelete, current.AutoDelete);
        foreach (var name in ComparedArguments.Of(existing.Arguments.Type, context.Profile))
        {
            if (name == "x-max-age" && !context.Profile.BadStreamArgumentIsInternal)
                equivalence.Argument(name, InMilliseconds(wanted.Arguments), InMilliseconds(current.Arguments));
            else if (name != "x-queue-type") equivalence.Argument(name, wanted.Arguments, current.Arguments);
            else if (context.Profile.DefaultsQueueTypeToClassic)
                equivalence.Text(name, TypeOf(wanted), TypeOf(current));
            else if (TypeOf(wanted) != TypeOf(current)) equivalence.Argument(name, wanted.Arguments, current.Arguments);
        }
    }

    // 4.3 keeps an age as what it comes to.
    private static Dictionary<string, object?> InMilliseconds(IReadOnlyDictionary<string, object?> arguments) =>
        arguments.ToDictionary(static pair => pair.Key, static pair => 
            pair is { Key: "x-max-age", Value: string text } && StreamAge.Of(text) is { } age
                ? $"{(long)age.TotalMilliseconds}"
                : pair.Value);

    private static string TypeOf(QueueDeclaration queue) =>
        queue.Arguments.TryGetValue("x-queue-type", out var type) ? ArgumentText.Of(type) : "classic";

    private static string ServerName()
    {
        Span<byte> random = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(random);
        return "amq.gen-" + Base64Url.EncodeToString(random);
    }
}
