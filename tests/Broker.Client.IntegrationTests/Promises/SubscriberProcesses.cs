using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One subscriber of a stream, in a process that is cut off and killed again and again, and each time started anew, until it has handled the end.</summary>
internal sealed class SubscriberProcesses(string name, Uri broker, string stream, long start, string folder, params string[] options) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly TcpRelay _relay = new(broker);
    private readonly Signal _end = new();
    private readonly List<string> _ledgers = [];
    private ConsumerProcess? _process;

    public int Cuts { get; private set; }

    public int Kills { get; private set; }

    /// <summary>Some faults, each after so many events that are drawn, and then the rest.</summary>
    /// <param name="cuts">How often its connections are cut.</param>
    /// <param name="kills">How often it is killed.</param>
    /// <param name="events">How many there are for it.</param>
    /// <param name="random">Draws the order and the moments.</param>
    public async Task RunAsync(int cuts, int kills, int events, Random random)
    {
        bool[] faults = [.. Enumerable.Repeat(false, cuts), .. Enumerable.Repeat(true, kills)];
        random.Shuffle(faults);
        var most = Math.Max(2, events / 50 / (faults.Length + 1)); // it tells of every 50th event
        await StartAsync();
        foreach (var isKill in faults)
        {
            var tells = _process!.Lines.ReachAsync(_process.Lines.Count + random.Next(1, most), s_patience); // started above
            await Task.WhenAny(tells, _end.Task);
            if (_end.Task.IsCompleted)
                break; // too late to bite
            await tells;
            if (isKill)
            {
                await _process.KillAsync();
                Kills++;
                await StartAsync();
            }
            else
            {
                Cuts += _relay.Open > 0 ? 1 : 0;
                _relay.CutAll(reset: random.Next(2) == 0);
            }
        }

        await _end.Task.WaitAsync(s_patience, TimeProvider.System);
        await _process!.StopAsync(); // as above
    }

    public SubscriberResult Check(IReadOnlyList<StreamEvent> events) =>
        SubscriberLives.Check(name, events, start, [.. _ledgers.Select(ledger => SubscriberLine.Read(File.ReadAllText(ledger)))]);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        await _relay.DisposeAsync();
    }

    private async Task StartAsync()
    {
        var ledger = Path.Combine(folder, $"{name}-{_ledgers.Count}");
        _ledgers.Add(ledger);
        _process = await ConsumerProcess.StartAsync(
            _ledgers.Count - 1, ledger, line =>
            {
                if (line == $"handled {StreamEvent.End}")
                    _end.Set();
            },
            ["--uri", _relay.Uri.OriginalString, "--queue", stream, "--subscriber", name, "--from", $"{start}", "--heartbeat", "2", .. options]);
    }
}
