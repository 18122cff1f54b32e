using System.Buffers.Binary;
using System.Text;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Promises;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>An ack as it went over the wire, for one delivery that it covers.</summary>
/// <param name="Epoch">Which channel, counted from 0 in the order in which they began to consume.</param>
/// <param name="Tag">The delivery that it covers.</param>
/// <param name="At">When.</param>
internal readonly record struct WireAck(int Epoch, ulong Tag, long At);

/// <summary>
/// Reads along on a <see cref="TcpRelay"/>: what the broker hands out to consumers, and what they say to it. A delivery is
/// seen before the client has it and an ack before the broker has it, so that no more is ever outstanding than is seen here.
/// </summary>
internal sealed class SettlementTap
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new(); // guards all below
    private readonly Dictionary<(int Connection, Flow Flow), WireMethods> _wires = [];
    private readonly Dictionary<(int Connection, int Channel), Subscription> _subscriptions = [];
    private readonly List<WireAck> _acks = [];
    private readonly List<string> _refusals = [];
    private readonly List<Tally> _deliveries = []; // of each epoch
    private readonly Tally _epochs = new();
    private int _delivered, _mostOutstanding, _ackFrames, _multiple, _unknown;

    /// <summary>Deliveries, those of all channels together.</summary>
    public int Delivered => Read(() => _delivered);

    /// <summary>The most that one channel had outstanding: delivered, and neither acked nor refused.</summary>
    public int MostOutstanding => Read(() => _mostOutstanding);

    /// <summary>Acks, each of which covers one delivery or more.</summary>
    public int AckFrames => Read(() => _ackFrames);

    /// <summary>Of them, those that cover more than one.</summary>
    public int MultipleAcks => Read(() => _multiple);

    /// <summary>Verdicts on a delivery that their channel has not outstanding.</summary>
    public int UnknownTags => Read(() => _unknown);

    public IReadOnlyList<WireAck> Acks => Read(() => _acks.ToArray());

    /// <summary>What the broker said when it closed a channel or a connection.</summary>
    public IReadOnlyList<string> Refusals => Read(() => _refusals.ToArray());

    /// <summary>Set when the broker has closed a channel or a connection.</summary>
    public Signal Refused { get; } = new();

    /// <summary>Completes when one channel has had so many deliveries.</summary>
    public async Task DeliveredAsync(int epoch, int count)
    {
        await _epochs.ReachAsync(epoch + 1, s_patience);
        await Read(() => _deliveries[epoch]).ReachAsync(count, s_patience);
    }

    /// <summary>For the relay.</summary>
    public void See(int connection, Flow flow, ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            if (!_wires.TryGetValue((connection, flow), out var wire))
                _wires[(connection, flow)] = wire = new WireMethods();
            foreach (var (channel, method) in wire.Add(bytes))
                See((connection, channel), flow, method);
        }
    }

    private void See((int Connection, int Channel) channel, Flow flow, byte[] method)
    {
        var arguments = method.AsSpan(4);
        switch (flow, BinaryPrimitives.ReadUInt16BigEndian(method), BinaryPrimitives.ReadUInt16BigEndian(method.AsSpan(2)))
        {
            case (Flow.ToBroker, 60, 20): // basic.consume
                _subscriptions[channel] = new Subscription(_deliveries.Count);
                _deliveries.Add(new Tally());
                _epochs.Add();
                break;
            case (Flow.ToClient, 60, 60): // basic.deliver
                Deliver(_subscriptions[channel], Tag(arguments[(1 + arguments[0])..]));
                break;
            case (Flow.ToBroker, 60, 80): // basic.ack
                var multiple = arguments[8] == 1;
                _ackFrames++;
                _multiple += multiple ? 1 : 0;
                Settle(channel, Tag(arguments), multiple, isAck: true);
                break;
            case (Flow.ToBroker, 60, 90): // basic.reject
                Settle(channel, Tag(arguments), multiple: false, isAck: false);
                break;
            case (Flow.ToBroker, 60, 120): // basic.nack
                Settle(channel, Tag(arguments), multiple: (arguments[8] & 1) == 1, isAck: false);
                break;
            case (Flow.ToClient, 20, 40) or (Flow.ToClient, 10, 50): // channel.close, connection.close
                _refusals.Add($"{BinaryPrimitives.ReadUInt16BigEndian(arguments)} {Encoding.UTF8.GetString(arguments.Slice(3, arguments[2]))}");
                Refused.Set();
                break;
        }
    }

    private void Deliver(Subscription subscription, ulong tag)
    {
        subscription.Outstanding.Add(tag);
        _deliveries[subscription.Epoch].Add();
        _delivered++;
        _mostOutstanding = Math.Max(_mostOutstanding, subscription.Outstanding.Count);
    }

    private void Settle((int Connection, int Channel) channel, ulong tag, bool multiple, bool isAck)
    {
        if (!_subscriptions.TryGetValue(channel, out var subscription))
        {
            _unknown++;
            return;
        }

        ulong[] covered = [.. subscription.Outstanding.Where(each => multiple ? each <= tag || tag == 0 : each == tag)];
        if (covered.Length == 0)
            _unknown++;
        subscription.Outstanding.ExceptWith(covered);
        if (isAck)
            _acks.AddRange(covered.Select(each => new WireAck(subscription.Epoch, each, TimeProvider.System.GetTimestamp())));
    }

    private static ulong Tag(ReadOnlySpan<byte> arguments) => BinaryPrimitives.ReadUInt64BigEndian(arguments);

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
            return read();
    }

    private sealed record Subscription(int Epoch)
    {
        public HashSet<ulong> Outstanding { get; } = [];
    }
}
