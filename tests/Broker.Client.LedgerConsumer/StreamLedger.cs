using System.Text;

namespace Broker.Client.LedgerConsumer;

/// <summary>
/// What a subscriber has done, a line each, written before it goes on; the operating system keeps what a killed process has written.
/// "from" and the position that it found, "handled" with the offset and the text of an event, "storing" and "stored" around each
/// write of a position.
/// </summary>
internal sealed class StreamLedger(string path, IOffsetStore store) : IOffsetStore, IDisposable
{
    private const int ToldEvery = 50;

    private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    private readonly Lock _lock = new(); // one line at a time
    private int _handled;

    /// <summary>Some of them are printed, and the last.</summary>
    public void Handled(Delivery delivery)
    {
        var text = delivery.GetText();
        Write($"handled {delivery.StreamOffset} {text}");
        if (++_handled % ToldEvery == 0 || text == "end")
            Console.WriteLine($"handled {text}");
    }

    public async ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default)
    {
        var offset = await store.ReadAsync(stream, subscriber, cancellationToken);
        Write($"from {offset ?? -1}");
        return offset;
    }

    public async ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
    {
        Write($"storing {offset}");
        await store.WriteAsync(stream, subscriber, offset, cancellationToken);
        Write($"stored {offset}");
    }

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        lock (_lock)
            _file.Write(Encoding.ASCII.GetBytes($"{line}\n"));
    }
}
