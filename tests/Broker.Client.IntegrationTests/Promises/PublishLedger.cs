using System.Collections.Concurrent;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Every call to publish with its outcome.</summary>
/// <param name="cuts">How many cuts there were so far. One counts before it takes effect.</param>
internal sealed class PublishLedger(Func<int> cuts)
{
    private readonly ConcurrentDictionary<Serial, Attempt> _attempts = new();

    public IReadOnlyCollection<Attempt> Attempts => [.. _attempts.Values];

    /// <summary>Calls that have ended, in whatever outcome.</summary>
    public Tally Ended { get; } = new();

    /// <summary>Calls that have ended confirmed.</summary>
    public Tally Confirmed { get; } = new();

    /// <summary>The longest times without a confirm.</summary>
    public Outages Outages { get; } = new();

    /// <summary>Calls at once, so that the order of these calls is that of the publishes; completes with the outcome.</summary>
    public async Task PublishAsync(BrokerClient client, string queue, Serial serial)
    {
        var before = cuts();
        _attempts[serial] = new Attempt(serial);
        var result = await client.TrySendAsync(queue, new Message(serial.Body));
        _attempts[serial] = new Attempt(serial, result.Outcome, result.MessageId, cuts() - before);
        if (result.IsConfirmed)
        {
            Outages.NoteConfirm();
            Confirmed.Add();
        }

        Ended.Add();
    }
}
