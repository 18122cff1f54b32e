using System.Diagnostics;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A Broker.Client.LedgerConsumer that runs, until it is stopped or killed.</summary>
internal sealed class ConsumerProcess : IAsyncDisposable
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "Broker.Client.LedgerConsumer.dll");

    private readonly Process _process;
    private readonly string _ledger;
    private readonly Signal _consuming = new();
    private readonly Task _reading;

    private ConsumerProcess(int life, Process process, string ledger, Action<string> said)
    {
        (Life, _process, _ledger) = (life, process, ledger);
        _reading = ReadAsync(said);
    }

    /// <summary>Its number.</summary>
    public int Life { get; }

    /// <summary>Lines in its ledger: two for each message that it handles.</summary>
    public Tally Lines { get; } = new();

    /// <summary>When it was alive for the last time that is sure; null while it lives.</summary>
    public long? KilledAt { get; private set; }

    /// <summary>Completes when it is gone, however that came about.</summary>
    public Task Gone => _reading;

    /// <summary>What of its memory is in use.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>All that its ledger holds.</summary>
    public IReadOnlyList<HandlerRun> Runs => HandlerRun.Read(Life, File.ReadAllText(_ledger));

    /// <summary>Returns when the broker has accepted its consumers.</summary>
    /// <param name="life">Its number.</param>
    /// <param name="ledger">A file that is not there yet.</param>
    /// <param name="said">Gets each line of the ledger.</param>
    /// <param name="arguments">Of the program.</param>
    public static async Task<ConsumerProcess> StartAsync(int life, string ledger, Action<string> said, IEnumerable<string> arguments)
    {
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var process = Process.Start(new ProcessStartInfo(host, [s_program, "--ledger", ledger, .. arguments])
        {
            RedirectStandardInput = true, // its end stops the process, also when the tests are gone
            RedirectStandardOutput = true,
        })!; // it starts, or throws
        var consumer = new ConsumerProcess(life, process, ledger, said);
        try
        {
            await Task.WhenAny(consumer._consuming.Task, consumer._reading).InTime(60);
            return consumer._consuming.Task.IsCompleted ? consumer : throw new InvalidOperationException($"{Path.GetFileName(s_program)} ended.");
        }
        catch
        {
            await consumer.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9; completes when it is gone.</summary>
    public async Task KillAsync()
    {
        KilledAt = TimeProvider.System.GetTimestamp();
        _process.Kill();
        await _process.WaitForExitAsync().InTime();
        await _reading;
    }

    /// <summary>Ends it as an application ends; completes when it is gone.</summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().InTime(60);
        await _reading;
        Assert.Equal(0, _process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private async Task ReadAsync(Action<string> said)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == "consuming")
            {
                _consuming.Set();
                continue;
            }

            said(line);
            Lines.Add();
        }
    }
}
