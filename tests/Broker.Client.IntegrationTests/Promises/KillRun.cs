using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// A process that consumes a quorum and a classic queue, cut off and killed again and again at random moments, and started again each time, until all is
/// handled.
/// </summary>
internal sealed class KillRun(BrokerUnderTest broker, int messages, int kills, AckMode ackMode)
{
    private const int MostMillisecondsLater = 6; // which an ack may be held back for, and be on its way
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SettlementTap _tap = new();
    private readonly Random _random = Promise.Random(salt: 1);
    private int _bitten, _cuts;

    /// <summary>Kills that found a handler at work.</summary>
    public int Bitten => _bitten;

    /// <summary>What else was seen.</summary>
    public object Figures => new { cuts = _cuts, acks = _tap.AckFrames, multipleAcks = _tap.MultipleAcks };

    /// <summary>Acks that stood for more than one message.</summary>
    public int MultipleAcks => _tap.MultipleAcks;

    public async Task<HandlerRunsResult> RunAsync()
    {
        await using var probe = await broker.ProbeAsync();
        await using var sender = await broker.ConnectAsync();
        string[] queues = [await sender.DeclareAsync(probe, new() { Type = QueueType.Quorum }), await sender.DeclareAsync(probe, new() { Type = QueueType.Classic })];
        foreach (var queue in queues)
            await sender.SendManyAsync(queue, Clients.Numbers(messages).Select(number => new Message("work"u8.ToArray()) { MessageId = number })).InTime(300);
        await using var relay = new TcpRelay(broker.Uri, _tap.See);
        // Most handlers are over at once and some take their time, so that acks which wait for each other have gaps to keep.
        await using var processes = new ConsumerProcesses("--concurrency", "8", "--prefetch", "64", "--slow", "15", "--slow-every", "24", "--ack", $"{ackMode}");

        // Some more than that, for one may come when the last handlers have just ended.
        for (var life = 0; _bitten < kills && life < 2 + (kills * 3 / 2) && await LiveAsync(processes, relay, queues); life++)
        {
        }

        var last = await processes.StartAsync(relay.Uri, queues);
        foreach (var queue in queues)
            await probe.WaitForCountAsync(queue, 0, TimeSpan.FromMinutes(10));
        // Where some are lost there is no use in waiting for all.
        await processes.HandleAsync(queues.Length * messages, ackMode == AckMode.AfterHandler ? s_patience : TimeSpan.FromSeconds(2));
        await last.StopAsync();

        var published = queues.SelectMany(queue => Clients.Numbers(messages).Select(number => (queue, number)));
        var left = new List<(string, string)>();
        await using var raw = await RawChannel.OpenAsync(broker);
        foreach (var queue in queues)
            left.AddRange((await raw.ReadAllAsync(queue)).Select(arrival => (queue, arrival.MessageId!)));
        return HandlerRuns.Check([.. published], left, processes.Runs);
    }

    /// <summary>One life, which in half of all cases loses its connection once; false where there was nothing to do for it.</summary>
    private async Task<bool> LiveAsync(ConsumerProcesses processes, TcpRelay relay, string[] queues)
    {
        // So that half of all is left after the last kill: two lines a message.
        var lines = _random.Next(1, 2 * messages * queues.Length / kills);
        var process = await processes.StartAsync(relay.Uri, queues);
        try
        {
            if (_random.Next(2) == 0)
            {
                await process.Lines.ReachAsync(_random.Next(lines), s_patience);
                relay.CutAll(reset: _random.Next(2) == 0);
                _cuts++;
            }

            await process.Lines.ReachAsync(lines, s_patience);
        }
        catch (TimeoutException)
        {
            return false; // nothing comes any more, which makes the run void
        }

        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(MostMillisecondsLater)), TimeProvider.System);
        await process.KillAsync();
        _bitten += process.Runs.Any(run => run.EndedAt is null) ? 1 : 0;
        return true;
    }
}
