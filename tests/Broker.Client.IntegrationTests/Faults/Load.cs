using System.Globalization;

namespace Broker.Client.IntegrationTests.Faults;

/// <summary>Publishes without pause, and handles what comes, into one ledger, until it is stopped.</summary>
public sealed class Load : IAsyncDisposable
{
    private const int Backlog = 400;

    private readonly BrokerClient _client;
    private readonly string _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task[] _publishers;
    private int _ids;

    private Load(BrokerClient client, string queue, Consumer consumer, WorkLedger ledger, int publishers)
    {
        _client = client;
        _queue = queue;
        Consumer = consumer;
        Ledger = ledger;
        _publishers = [.. Enumerable.Range(0, publishers).Select(_ => Task.Run(PublishAsync))];
    }

    public WorkLedger Ledger { get; }

    public Consumer Consumer { get; }

    public static async Task<Load> StartAsync(BrokerClient client, string queue, int publishers = 4, int concurrency = 4)
    {
        var ledger = new WorkLedger();
        var consumer = await client.ConsumeAsync(
            queue,
            async (delivery, gone) =>
            {
                // Long enough that a fault finds handlers under way; cut off, they have not ended.
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, gone);
                ledger.Ended(int.Parse(delivery.GetText(), CultureInfo.InvariantCulture));
            },
            new ConsumerOptions { Concurrency = concurrency, FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(20)) });
        return new Load(client, queue, consumer, ledger, publishers);
    }

    /// <summary>Publishes no more; completes when every publish has its outcome.</summary>
    public async Task StopPublishingAsync()
    {
        await _stop.CancelAsync();
        _stopped.TrySetResult();
        await Task.WhenAll(_publishers).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stopped.TrySetResult();
        await Consumer.DisposeAsync();
    }

    private async Task PublishAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            // Not far ahead of the handlers, so that what is confirmed can be handled before the test ends.
            await Task.WhenAny(Ledger.WaitForEndsAsync(Volatile.Read(ref _ids) - Backlog, Timeout.InfiniteTimeSpan), _stopped.Task);
            var ids = Enumerable.Range(0, 20).Select(_ => Interlocked.Increment(ref _ids)).ToArray();
            var results = await Task.WhenAll(ids.Select(id => _client.TrySendAsync(_queue, id.ToString(CultureInfo.InvariantCulture)).AsTask()));
            foreach (var (id, result) in ids.Zip(results))
                Ledger.Published(id, result.Outcome);
        }
    }
}
