namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Consumers in processes of their own, one life after the other or several at once, and what they have put down.</summary>
/// <param name="options">How each of them consumes.</param>
internal sealed class ConsumerProcesses(params string[] options) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-client-ledgers-").FullName;
    private readonly List<ConsumerProcess> _all = [];
    private readonly Lock _lock = new(); // guards _handled
    private readonly HashSet<(string Queue, string Id)> _handled = [];
    private readonly Tally _ended = new(); // counts what is in it
    private int _started;

    /// <summary>What all ledgers hold.</summary>
    public IReadOnlyList<HandlerRun> Runs => [.. _all.SelectMany(process => process.Runs)];

    /// <summary>Starts one more.</summary>
    public async Task<ConsumerProcess> StartAsync(Uri broker, params IEnumerable<string> queues)
    {
        var life = _started++;
        var process = await ConsumerProcess.StartAsync(
            life, Path.Combine(_folder, $"{life}"), Note, ["--uri", broker.OriginalString, .. queues.SelectMany(queue => (string[])["--queue", queue]), .. options]);
        _all.Add(process);
        return process;
    }

    /// <summary>Completes when so many messages have been handled to the end, in whichever process, or when it has waited long enough.</summary>
    public async Task HandleAsync(int messages, TimeSpan limit)
    {
        try
        {
            await _ended.ReachAsync(messages, limit);
        }
        catch (TimeoutException)
        {
            // The ledgers tell what is missing.
        }
    }

    /// <summary>Until when a process was alive for sure.</summary>
    public long KilledAt(int life) => _all.Single(process => process.Life == life).KilledAt ?? long.MaxValue;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _all)
            await process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Note(string line)
    {
        if (line.Split(' ') is not ["end", _, var queue, var id, ..])
            return;
        lock (_lock)
        {
            if (_handled.Add((queue, id)))
                _ended.Add();
        }
    }
}
