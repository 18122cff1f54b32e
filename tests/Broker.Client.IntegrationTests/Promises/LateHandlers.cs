using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// Handlers which fill all lanes and do not end before they are told, when their channel is gone. Before them some end at once, so that the
/// tags of those which stay are now among the tags of the next channel and now beyond them.
/// </summary>
/// <param name="lanes">How many stay on each channel.</param>
/// <param name="quick">How many end at once on each channel but the last, where all do.</param>
/// <param name="manual">Whether they acknowledge themselves.</param>
internal sealed class LateHandlers(int lanes, int[] quick, bool manual)
{
    private readonly int[] _begun = new int[quick.Length + 1];
    private readonly Tally[] _staying = [.. quick.Select(_ => new Tally())];
    private readonly Signal[] _mayEnd = [.. quick.Select(_ => new Signal())];
    private readonly ConcurrentDictionary<(int Epoch, ulong Tag), long> _ended = new();
    private readonly ConcurrentDictionary<string, byte> _handled = new();
    private int _epoch, _late, _acceptedLate;

    /// <summary>Handlers that ended when there was a new channel.</summary>
    public int Late => Volatile.Read(ref _late);

    /// <summary>Of their own acks, those that were said to be accepted.</summary>
    public int AcceptedLate => Volatile.Read(ref _acceptedLate);

    /// <summary>Messages whose handler has ended.</summary>
    public int Handled => _handled.Count;

    /// <summary>Completes when all lanes of the present channel are taken by handlers that stay.</summary>
    public Task WhenStayingAsync() => _staying[_epoch].ReachAsync(lanes, TimeSpan.FromSeconds(20));

    /// <summary>Lets them end. Whatever begins from here on came on the next channel.</summary>
    public void LetEnd() => _mayEnd[Interlocked.Increment(ref _epoch) - 1].Set();

    public async Task HandleAsync(Delivery delivery)
    {
        var epoch = Volatile.Read(ref _epoch);
        var stays = epoch < quick.Length && Interlocked.Increment(ref _begun[epoch]) > quick[epoch];
        if (stays)
        {
            _staying[epoch].Add();
            await _mayEnd[epoch].Task;
            Interlocked.Increment(ref _late);
        }

        _ended[(epoch, delivery.DeliveryTag)] = TimeProvider.System.GetTimestamp();
        _handled[delivery.MessageId!] = 0; // the test sends none without
        if (manual && await delivery.AckAsync() && stays)
            Interlocked.Increment(ref _acceptedLate);
    }

    /// <summary>How many of these acks are for deliveries whose handler had not ended then.</summary>
    public int ForeignAmong(IEnumerable<WireAck> acks) => acks.Count(ack => !_ended.TryGetValue((ack.Epoch, ack.Tag), out var at) || at > ack.At);
}
