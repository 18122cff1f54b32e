namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Callers that publish numbered messages as fast as the broker takes them, none waiting for its own one by one.</summary>
internal sealed class Producers(BrokerClient client, string queue, PublishLedger ledger)
{
    /// <summary>How many calls of a producer have no outcome at any time: more than the window takes, so that messages wait behind it too.</summary>
    private const int Ahead = 400;

    // Every publish ends by its deadline, which is 30 s unless said otherwise.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(31);

    /// <summary>Each publishes so many, and goes on until <paramref name="until"/> has completed; completes when all have their outcomes.</summary>
    public Task PublishAsync(int producers, int each, Task until) =>
        Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() => CallAsync(producer, each, until))));

    private async Task CallAsync(int producer, int each, Task until)
    {
        var room = new SemaphoreSlim(Ahead);
        var calls = new List<Task>(each);
        for (var number = 0; (number < each || !until.IsCompleted) && await room.WaitAsync(s_patience); number++)
            calls.Add(CallAsync(new Serial(producer, number), room));
        try
        {
            await Task.WhenAll(calls).WaitAsync(s_patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // The ledger tells which are pending.
        }
    }

    private async Task CallAsync(Serial serial, SemaphoreSlim room)
    {
        try
        {
            await ledger.PublishAsync(client, queue, serial);
        }
        finally
        {
            room.Release();
        }
    }
}
