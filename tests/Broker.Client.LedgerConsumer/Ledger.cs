using System.Text;
using System.Threading.Channels;

namespace Broker.Client.LedgerConsumer;

/// <summary>A file of lines, each on the disk before its writer goes on. Lines that come together share one flush.</summary>
internal sealed class Ledger : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly Channel<(string Text, TaskCompletionSource OnDisk)> _lines =
        Channel.CreateUnbounded<(string, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    public Ledger(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Completes when the line is on the disk.</summary>
    public Task AppendAsync(string line)
    {
        var onDisk = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(!_lines.Writer.TryWrite(($"{line}\n", onDisk)), this);
        return onDisk.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        List<TaskCompletionSource> together = [];
        var text = new StringBuilder();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                text.Append(line.Text);
                together.Add(line.OnDisk);
            }

            _file.Write(Encoding.ASCII.GetBytes(text.ToString()));
            _file.Flush(flushToDisk: true);
            Console.Write(text);
            foreach (var onDisk in together)
                onDisk.SetResult();
            together.Clear();
            text.Clear();
        }
    }
}
