using System.Collections.Concurrent;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How a producer goes from one publish to the next.</summary>
public enum ProducerKind
{
    /// <summary>When it has the outcome of the last.</summary>
    Awaiting,

    /// <summary>When the library takes the next from its stream.</summary>
    Streaming,
}

/// <summary>Producers that publish as fast as they can until they are stopped, most of them giving up each message soon.</summary>
internal sealed class AlarmProducers(BrokerClient client, string queue, ProducerKind kind, int bodyBytes) : IAsyncDisposable
{
    private static readonly PublishOptions s_hasty = new() { Deadline = TimeSpan.FromSeconds(0.2) };

    // Streams have one room together, and would leave it to those that wait longest.
    private readonly int _patient = kind == ProducerKind.Awaiting ? 8 : 0;
    private readonly ConcurrentQueue<Attempt> _attempts = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _stopped;

    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    public int Confirmed => _attempts.Count(attempt => attempt.Outcome == PublishOutcome.Confirmed);

    public void Start(int producers) => _running = Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() =>
        RunAsync(producer, producer < _patient ? null : s_hasty))));

    /// <summary>Completes when every publish has its outcome.</summary>
    public Task StopAsync()
    {
        _stopped = true;
        return _running;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task RunAsync(int producer, PublishOptions? options)
    {
        var number = 0;
        if (kind == ProducerKind.Streaming)
        {
            // Outcomes come in the order of the source.
            await foreach (var result in client.TrySendManyAsync(queue, Messages(producer), options))
                Note(result);
        }
        else
        {
            foreach (var message in Messages(producer))
                Note(await client.TrySendAsync(queue, message, options));
        }

        void Note(PublishResult result) => _attempts.Enqueue(new Attempt(new Serial(producer, number++), result.Outcome, result.MessageId));
    }

    private IEnumerable<Message> Messages(int producer)
    {
        for (var number = 0; !_stopped; number++)
            yield return new Message(new Serial(producer, number).BodyOf(bodyBytes));
    }
}
