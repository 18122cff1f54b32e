using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Broker.Client.Testing;

/// <summary>A look at one queue of a <see cref="TestBroker"/>, by name and without consuming. The queue may come and
/// go; one that is not there has nothing in it.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue, one of AMQP.")]
public sealed class TestQueue
{
    private readonly VirtualHost _host;

    internal TestQueue(VirtualHost host, string name)
    {
        _host = host;
        Name = name;
    }

    /// <summary>The queue's name.</summary>
    public string Name { get; }

    /// <summary>Whether the queue exists now.</summary>
    public bool Exists => _host.Inspection.Queue(Name) is not null;

    /// <summary>Whether it was declared durable.</summary>
    public bool IsDurable => Declared?.Durable ?? false;

    /// <summary>Whether it is its connection's alone and goes with it.</summary>
    public bool IsExclusive => Declared?.Exclusive ?? false;

    /// <summary>Whether it goes with its last consumer.</summary>
    public bool IsAutoDelete => Declared?.AutoDelete ?? false;

    /// <summary>The arguments it was declared with, x-queue-type among them.</summary>
    public IReadOnlyDictionary<string, object?> Arguments =>
        Declared?.Arguments ?? ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>What it holds, in its order, ready and unacked.</summary>
    public IReadOnlyList<QueueMessage> Messages => _host.Inspection.Messages(Name);

    /// <summary>Every message that the queue had, in the order of arrival, with what became of it; those of a deleted
    /// queue of this name too. The latest 10,000 that left, and of them those within 16 MiB of bodies, are kept; of
    /// deleted queues those of the latest 100, and none where the broker made up the name.</summary>
    public IReadOnlyList<QueueMessage> History => _host.Inspection.History(Name);

    /// <summary>How many messages wait to be delivered.</summary>
    public int ReadyCount => _host.Inspection.Queue(Name)?.Ready ?? 0;

    /// <summary>How many messages are delivered and not yet settled.</summary>
    public int UnackedCount => _host.Inspection.Queue(Name)?.Unacked ?? 0;

    /// <summary>How many messages the queue holds, ready or unacked, counted at one moment.</summary>
    public int MessageCount => _host.Inspection.Queue(Name) is { } queue ? queue.Ready + queue.Unacked : 0;

    /// <summary>How many consumers the queue has.</summary>
    public int ConsumerCount => _host.Inspection.Queue(Name)?.Consumers ?? 0;

    private QueueDeclaration? Declared => _host.Inspection.Queue(Name)?.Declared;

    /// <summary>Ends its consumers with basic.cancel, as RabbitMQ does when a queue is gone or moves; the queue stays.
    /// What they hold stays with their channels. Clients that did not announce consumer_cancel_notify are not
    /// told.</summary>
    public void CancelConsumers() => _host.CancelConsumers(Name);

    /// <summary>Completes once the queue has no message, ready or unacked. It waits on a signal.</summary>
    /// <exception cref="TimeoutException">Messages are left after <paramref name="timeout"/>; the text shows
    /// them.</exception>
    public Task WaitUntilEmptyAsync(TimeSpan timeout) =>
        WaitUntilAsync(static queue => queue.MessageCount == 0, timeout);

    /// <summary>Completes once <paramref name="condition"/> holds. It is asked after every change in the virtual host,
    /// with the broker standing still: it must be quick, and must not wait.</summary>
    /// <exception cref="TimeoutException">It does not hold after <paramref name="timeout"/>.</exception>
    public async Task WaitUntilAsync(Func<TestQueue, bool> condition, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(condition);
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await _host.Changes.UntilAsync(() => condition(this), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"After {timeout}, what was waited for is not so:\n{this}");
        }
    }

    /// <summary>Fails where the queue has a message, ready or unacked.</summary>
    /// <exception cref="BrokerAssertionException">It has one.</exception>
    public void AssertEmpty()
    {
        if (MessageCount > 0) throw new BrokerAssertionException($"Queue '{Name}' should be empty.", ToString());
    }

    /// <summary>Fails unless the queue holds exactly these messages, ready or unacked, in its order.</summary>
    /// <param name="bodies">Their bodies as text.</param>
    /// <exception cref="BrokerAssertionException">It holds others, or none.</exception>
    public void AssertHolds(params IReadOnlyList<string> bodies) => AssertSame("hold", bodies, Messages);

    /// <summary>Fails unless exactly these of the messages that the queue had have become that, in the order in which they
    /// came: <c>queue.AssertBecame(MessageFate.Acked, "seven anvils")</c>. A message is compared by what it is last.
    /// </summary>
    /// <param name="fate">What they have become.</param>
    /// <param name="bodies">Their bodies as text.</param>
    /// <exception cref="BrokerAssertionException">Others have, or none.</exception>
    public void AssertBecame(MessageFate fate, params IReadOnlyList<string> bodies) =>
        AssertSame($"have {fate}", bodies, History.Where(message => message.Fate == fate));

    /// <summary>The queue in words: its counts, and what happened to each of the latest 20 messages.</summary>
    public override string ToString() => QueueReport.Of(_host.Inspection.Queue(Name), Name, History);

    private void AssertSame(string verb, IReadOnlyList<string> bodies, IEnumerable<QueueMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        if (messages.Select(static message => message.GetText()).SequenceEqual(bodies)) return;
        var expected = bodies.Count == 0 ? "nothing" : string.Join(", ", bodies.Select(static body => $"\"{body}\""));
        throw new BrokerAssertionException($"Queue '{Name}' should {verb} {expected}.", ToString());
    }
}
