using System.Collections.Concurrent;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How often the handling of each message began, and how often it ended.</summary>
internal sealed class HandlingLedger
{
    private readonly ConcurrentDictionary<Serial, int> _begun = new();
    private readonly ConcurrentDictionary<Serial, int> _ended = new();
    private int _handedBack;
    private int _counted;

    /// <summary>Handlings that have ended.</summary>
    public Tally Ended { get; } = new();

    /// <summary>Deliveries that were elsewhere before, and not begun there.</summary>
    public int HandedBack => Volatile.Read(ref _handedBack);

    /// <summary>Of these, those that the broker counts as attempts.</summary>
    public int Counted => Volatile.Read(ref _counted);

    /// <summary>Messages that more than one handling has begun.</summary>
    public IReadOnlyCollection<Serial> Repeated => [.. _begun.Where(message => message.Value > 1).Select(message => message.Key)];

    public Serial Begin(Delivery delivery)
    {
        var serial = Serial.Of(delivery.Body.Span) ?? throw new InvalidOperationException($"A strange message: {delivery.GetText()}");
        if (_begun.AddOrUpdate(serial, 1, static (_, times) => times + 1) == 1 && delivery.Redelivered)
        {
            Interlocked.Increment(ref _handedBack);
            if (delivery.Headers.ContainsKey("x-delivery-count"))
                Interlocked.Increment(ref _counted);
        }

        return serial;
    }

    public void End(Serial serial)
    {
        _ended.AddOrUpdate(serial, 1, static (_, times) => times + 1);
        Ended.Add();
    }

    /// <summary>Whether the handling of a message has ended at least once.</summary>
    public bool HasEnded(Serial serial) => _ended.ContainsKey(serial);
}
