namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Callers that publish numbered messages as fast as the broker takes them, none waiting for its own one by one.</summary>
internal sealed class Producers(BrokerClient client, string queue, PublishLedger ledger)
{
    /// <summary>How many calls have no outcome at any time: more than the window takes, so that messages wait behind it too.</summary>
    private const int Ahead = 1600;

    /// <summary>Long enough for any number of cuts in a row that let no confirm through.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_patience = Deadline + TimeSpan.FromSeconds(1);

    /// <summary>Each publishes so many, and goes on until <paramref name="until"/> has completed; completes when all have their outcomes.</summary>
    public Task PublishAsync(int producers, int each, Task until) =>
        Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() => CallAsync(producer, each, Ahead / producers, until))));

    /// <summary>One producer that publishes at this rate, whatever becomes of it, until it is told to end; completes when all have their outcomes.</summary>
    public async Task PublishAtRateAsync(int producer, int perSecond, CancellationToken until)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        var calls = new List<Task>();
        var began = TimeProvider.System.GetTimestamp();
        while (!until.IsCancellationRequested && await tick.WaitForNextTickAsync(CancellationToken.None))
        {
            var due = TimeProvider.System.GetElapsedTime(began).TotalSeconds * perSecond;
            while (calls.Count < due)
                calls.Add(ledger.PublishAsync(client, queue, new Serial(producer, calls.Count)));
        }

        await EndAsync(calls);
    }

    private async Task CallAsync(int producer, int each, int ahead, Task until)
    {
        var room = new SemaphoreSlim(ahead);
        var calls = new List<Task>(each);
        for (var number = 0; (number < each || !until.IsCompleted) && await room.WaitAsync(s_patience); number++)
            calls.Add(CallAsync(new Serial(producer, number), room));
        await EndAsync(calls);
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

    private static async Task EndAsync(List<Task> calls)
    {
        try
        {
            await Task.WhenAll(calls).WaitAsync(s_patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // The ledger tells which are pending.
        }
    }
}
