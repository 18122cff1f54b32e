using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// C5, its last part: a consumer that is gone from one frame to the next while it parks loses nothing, and parks twice only what it had not
/// acknowledged.
/// </summary>
[Trait("Promise", "C5")]
public sealed class ParkingKillTests(BrokerFixture brokers)
{
    private const int MessagesPerRound = 4;

    // Before the parked copy is with the broker, before its confirm has come, and before the ack of the original has gone.
    private static readonly FrameMatch[] s_moments =
    [
        Frames.Method("basic.publish").FromClient(), Frames.Method("basic.ack").FromBroker(), Frames.Method("basic.ack").FromClient(),
    ];

    private readonly List<BrokerClient> _gone = [];

    [Theory]
    [InlineData(QueueType.Quorum)]
    [InlineData(QueueType.Classic)]
    public async Task Killed_while_parking_nothing_is_lost(QueueType type)
    {
        var run = new PromiseRun("C5", brokers.Shared);
        var rounds = Promise.Figure(pr: 6, night: 51, release: 501);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        var (queue, parking) = (await sender.DeclareAsync(probe, new QueueOptions { Type = type }), await sender.DeclareAsync(probe));
        await sender.SendAllAsync(queue, Clients.Numbers(rounds * MessagesPerRound));

        var (bitten, mayBeTwice, random) = (0, new HashSet<string>(), Promise.Random());
        for (var round = 0; round < rounds; round++)
        {
            if (await KillAsync(queue, parking, s_moments[round % s_moments.Length].Number(1 + random.Next(MessagesPerRound / 2))) is { } inHand)
            {
                bitten++;
                if (round % s_moments.Length > 0)
                    mayBeTwice.Add(inHand);
            }
        }

        await using (await ConsumeAsync(sender, queue, parking, static _ => { }))
            await probe.WaitForCountAsync(queue, 0); // the last is parked by the end of the stop

        await Task.WhenAll(_gone.Select(client => client.DisposeAsync().AsTask())).InTime(60);
        var parked = (await probe.DrainAsync(parking)).CountBy(message => message.Text).ToDictionary();
        var left = (await probe.DrainAsync(queue)).Count;
        var lost = rounds * MessagesPerRound - parked.Count - left;
        var unexplained = parked.Where(each => each.Value > 1 && !mayBeTwice.Contains(each.Key)).Select(each => each.Key).ToArray();
        var breaches = new List<string>();
        if (lost > 0)
            breaches.Add($"{lost} lost");
        if (left > 0)
            breaches.Add($"{left} never parked");
        if (unexplained.Length > 0)
            breaches.Add($"{unexplained.Length} parked twice although acknowledged: {string.Join(' ', unexplained)}");
        run.Conclude(rounds, bitten, breaches, new { type, messages = rounds * MessagesPerRound, twice = parked.Values.Sum() - parked.Count });
    }

    /// <summary>Consumes until the frame comes, and from then on reaches the broker no more; returns what was in hand then.</summary>
    private async Task<string?> KillAsync(string queue, string parking, FrameMatch moment)
    {
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var client = await proxy.ConnectAsync(options => options.Publisher.Deadline = TimeSpan.FromSeconds(1));
        _gone.Add(client);
        await client.FindQueueAsync(queue).InTime();
        await using (var warm = await brokers.Shared.ProbeAsync())
        {
            var own = warm.NewName();
            await warm.DeclareAsync(own);
            await client.SendAsync(own, "opens the connection that publishes").InTime();
        }

        proxy.RefuseConnections();
        var armed = proxy.On(moment).CutBefore(CutKind.Reset);
        var last = "";
        _ = await ConsumeAsync(client, queue, parking, text => last = text);
        try
        {
            await armed.WaitForBiteAsync(timeout: TimeSpan.FromSeconds(10));
            return Volatile.Read(ref last);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static Task<Consumer> ConsumeAsync(BrokerClient client, string queue, string parking, Action<string> seen) =>
        client.ConsumeAsync(queue, delivery =>
        {
            seen(delivery.GetText());
            throw new InvalidOperationException("parked");
        }, new() { Prefetch = 1, FailurePolicy = FailurePolicy.Park(parking), DrainTimeout = TimeSpan.FromSeconds(1) }).InTime();
}
