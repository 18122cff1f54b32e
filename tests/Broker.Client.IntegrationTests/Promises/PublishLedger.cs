using System.Collections.Concurrent;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Every call to publish with its outcome, and a wait for how many were confirmed.</summary>
/// <param name="cuts">How many cuts there were so far. One counts before it takes effect.</param>
internal sealed class PublishLedger(Func<int> cuts)
{
    private readonly ConcurrentDictionary<Serial, Attempt> _attempts = new();
    private readonly Lock _lock = new(); // guards the two below
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private int _confirmed;

    public IReadOnlyCollection<Attempt> Attempts => [.. _attempts.Values];

    public int Confirmed => Volatile.Read(ref _confirmed);

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
            NoteConfirm(serial.Producer);
    }

    /// <summary>Completes when so many were confirmed in all.</summary>
    public async Task WaitForConfirmsAsync(int count, TimeSpan limit)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_confirmed >= count)
                return;
            _waiters.Add((count, reached));
        }

        await reached.Task.WaitAsync(limit, TimeProvider.System);
    }

    private void NoteConfirm(int producer)
    {
        Outages.NoteConfirm(producer);
        lock (_lock)
        {
            Volatile.Write(ref _confirmed, _confirmed + 1);
            foreach (var (_, reached) in _waiters.Where(waiter => waiter.Count <= _confirmed))
                reached.TrySetResult();
            _waiters.RemoveAll(waiter => waiter.Count <= _confirmed);
        }
    }
}
