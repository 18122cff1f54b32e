using Broker.Client.Oracle.Wire;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>What a program is played on: two connections, three channels, and the names that its slots have. The first two channels share a
/// connection.</summary>
internal sealed class Stage(Side side, string prefix) : IAsyncDisposable
{
    public const int Seats = 3;
    private const int Lines = 2;
    private const ushort ControlNumber = 100;

    private static readonly TimeSpan s_confirmWithin = TimeSpan.FromSeconds(10);

    private readonly RawConnection?[] _lines = new RawConnection?[Lines];
    private readonly RawChannel?[] _controls = new RawChannel?[Lines];
    private readonly bool[] _told = new bool[Lines];
    private readonly List<string> _closes = [];
    private readonly Seat[] _seats = [.. Enumerable.Range(0, Seats).Select(number => new Seat(number, prefix))];
    private readonly Dictionary<int, string> _queues = [];

    public Pulse Pulse { get; } = new();

    public Side Side => side;

    public IReadOnlyList<Seat> All => _seats;

    /// <summary>The queues that were declared, with the connection that owns them where they are exclusive.</summary>
    public Dictionary<int, int?> Known { get; } = [];

    public string Queue(int slot) => _queues.GetValueOrDefault(slot) ?? $"{prefix}q{slot}";

    /// <summary>Below zero is the default exchange.</summary>
    public string Exchange(int slot) => slot < 0 ? "" : $"{prefix}e{slot}";

    public static int LineOf(int channel) => channel < 2 ? 0 : 1;

    public void Declared(int slot, string name, int? owner)
    {
        _queues[slot] = name;
        Known[slot] = owner;
    }

    /// <summary>Whether two channels share the first connection, and one of them would give something back.</summary>
    public bool SharesLine => _seats[0].IsOpen && _seats[1].IsOpen && (_seats[0].HoldsSome || _seats[1].HoldsSome);

    public async Task<Seat> SeatAsync(int number)
    {
        var seat = _seats[number];
        if (seat.IsOpen) return seat;

        var line = await LineAsync(LineOf(number));
        seat.Open(await line.OpenChannelAsync((ushort)(number + 1)));
        await seat.Channel!.CallAsync(new ConfirmSelect(NoWait: false));
        return seat;
    }

    public async Task<RawChannel> ControlAsync(int line)
    {
        var connection = await LineAsync(line);
        if (_controls[line] is not { IsOpen: true }) _controls[line] = await connection.OpenChannelAsync(ControlNumber);
        return _controls[line]!;
    }

    /// <summary>A channel for a question that may close it.</summary>
    public async Task<RawChannel> ScratchAsync(int line) => await (await LineAsync(line)).OpenChannelAsync(ControlNumber + 1);

    public async Task<Received> CallAsync(int channel, Method method) => await (await SeatAsync(channel)).Channel!.CallAsync(method);

    public async Task<string> AskAsync(int channel, Method method) => Words(await CallAsync(channel, method));

    // A close is an event of its own, and has its own line.
    public string Words(Received answer) => answer.Method switch
    {
        ChannelClose or ConnectionClose => "",
        // RabbitMQ brings the count of a stream up to date when it likes: it is not compared.
        QueueDeclareOk ok when Streams.Contains(ok.Queue) => $"queue.declare-ok {Canon.Text(ok.Queue, prefix)}",
        QueueDeleteOk when Streams.Count > 0 => "queue.delete-ok",
        _ => Playing.Words.Of(answer, prefix),
    };

    /// <summary>The names of streams.</summary>
    public HashSet<string> Streams { get; } = [];

    public string Reason(Received close) => Playing.Words.Of(close, prefix);

    public async Task SendAsync(int channel, Method method) => await (await SeatAsync(channel)).Channel!.SendAsync(method);

    public async Task PublishAsync(int channel, BasicPublish method, MessageProperties properties, byte[] body)
    {
        var seat = await SeatAsync(channel);
        await seat.Channel!.PublishAsync(method, properties, body);
        seat.Published();
        using var limit = new CancellationTokenSource(s_confirmWithin);
        while (true)
        {
            var next = Pulse.Next;
            if (!seat.IsOpen || seat.IsConfirmed) return;
            await next.WaitAsync(limit.Token);
        }
    }

    public void Holds(int channel, ulong tag) => _seats[channel].Holds(tag);

    public void Release(int channel) => _seats[channel].ReleaseAll();

    public void Consumes(int channel, string tag, bool noAck) => _seats[channel].Consumes(tag, noAck);

    public ulong? Pick(int channel, int pick, bool multiple) => _seats[channel].IsOpen ? _seats[channel].Pick(pick, multiple) : null;

    public Task PassAsync(TimeSpan time) => side.PassAsync(time);

    /// <summary>With two channels open it closes the first alone: which of them ends first when both do is chance.</summary>
    public async Task CloseLineAsync(int line)
    {
        if (_seats.Index().Where(pair => LineOf(pair.Index) == line && pair.Item.IsOpen).Select(pair => pair.Item).ToList() is [var first, _])
        {
            await first.Channel!.CallAsync(new ChannelClose(200, "bye", 0, 0));
            return;
        }

        if (_lines[line] is { IsOpen: true } connection) await connection.CloseAsync();
        await DropAsync(line);
    }

    /// <summary>Returns when the broker has done all that was sent on the channel.</summary>
    public async Task FollowAsync(int channel)
    {
        if (_seats[channel].IsOpen) await _seats[channel].Channel!.CallAsync(new ConfirmSelect(NoWait: false));
    }

    /// <summary>The lines that the events of this step make.</summary>
    public IEnumerable<string> EventLines()
    {
        foreach (var line in _seats.SelectMany(seat => seat.Lines())) yield return line;
        for (var i = 0; i < Lines; i++) TellClose(i);
        foreach (var line in _closes) yield return line;
    }

    public void EndStep()
    {
        foreach (var seat in _seats) seat.EndStep();
        _closes.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < Lines; i++) await DropAsync(i);
    }

    private async Task<RawConnection> LineAsync(int line)
    {
        if (_lines[line] is { IsOpen: true } open) return open;

        await DropAsync(line);
        return _lines[line] = await RawConnection.OpenAsync(side.Uri, Pulse);
    }

    private async Task DropAsync(int line)
    {
        if (_lines[line] is not { } connection) return;
        await connection.DisposeAsync();
        TellClose(line);
        (_lines[line], _controls[line], _told[line]) = (null, null, false);
    }

    private void TellClose(int line)
    {
        if (_told[line] || _lines[line]?.Close is not { } close) return;
        _told[line] = true;
        _closes.Add($"connection {line} close {close.ReplyCode} {Canon.Text(close.ReplyText, prefix)} ({close.FailedClassId}.{close.FailedMethodId})");
    }
}
