using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>C8: when the process of a single active consumer dies, or its machine with it, a standby takes over soon, and nothing is lost.</summary>
[Trait("Promise", "C8")]
public sealed class SingleActiveConsumerTests(BrokerFixture brokers)
{
    private const int Members = 3, PerSecond = 50, Steady = 20;
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_mostGap = (2 * s_heartbeat) + TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(QueueType.Classic)]
    [InlineData(QueueType.Quorum)]
    public async Task When_the_active_consumer_is_killed_a_standby_takes_over_in_time(QueueType type)
    {
        brokers.Shared.Require(BrokerNeed.SingleActiveConsumer);
        var run = new PromiseRun("C8", brokers.Shared);
        var kills = Promise.Figure(pr: 3, night: 50, release: 200);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        var queue = await sender.DeclareAsync(probe, new() { Type = type, SingleActiveConsumer = true });
        await using var processes = new ConsumerProcesses("--prefetch", "16", "--slow", "2", "--heartbeat", $"{s_heartbeat.TotalSeconds}");
        var members = new List<Member>();
        while (members.Count < Members)
            members.Add(await Member.StartAsync(processes, brokers.Shared, queue));
        var published = new PublishLedger(static () => 0);
        using var over = new CancellationTokenSource();
        var publishing = new Producers(sender, queue, published).PublishAtRateAsync(producer: 0, PerSecond, over.Token);

        var killed = new List<Member>();
        while (killed.Count < kills && await FindActiveAsync(members) is { } active)
        {
            await active.KillAsync(broker: killed.Count % 2 == 0 ? BrokerIs.Told : BrokerIs.NotTold);
            killed.Add(active);
            members.Remove(active);
            if (await FindActiveAsync(members) is null)
                break; // nobody has taken over, which the gap tells
            members.Add(await Member.StartAsync(processes, brokers.Shared, queue));
        }

        await over.CancelAsync();
        await publishing;
        foreach (var member in killed)
            await member.Proxy.DisposeAsync();
        await probe.WaitForCountAsync(queue, 0, TimeSpan.FromMinutes(5));
        await processes.HandleAsync(published.Confirmed.Count, s_patience);
        foreach (var member in members)
        {
            await member.Process.StopAsync();
            await member.Proxy.DisposeAsync();
        }

        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var (runs, left) = (processes.Runs, await raw.ReadAllAsync(queue));
        var found = HandlerRuns.Check([.. published.Attempts.Select(attempt => (queue, attempt.MessageId!))], [.. left.Select(arrival => (queue, arrival.MessageId!))], runs);
        TimeSpan[] gaps = [.. killed.Select(member => GapAfter(member.Process, runs))];
        var concurrent = HandlerRuns.ConcurrentFresh(runs, processes.KilledAt);
        var breaches = gaps.Where(gap => gap > s_mostGap).Select(gap => $"a gap of {gap.TotalSeconds:0.0} s")
            .Concat(concurrent > 0 ? [$"{concurrent} fresh messages handled beside another"] : Array.Empty<string>());
        run.Conclude(
            kills, killed.Count(member => member.Process.Runs.Count > 0), [.. found.Breaches, .. breaches],
            new { type, found, concurrent, gaps = gaps.Select(gap => Math.Round(gap.TotalSeconds, 2)) });
    }

    [Fact]
    public async Task Without_a_single_active_consumer_fresh_messages_are_handled_beside_each_other()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        var queue = await sender.DeclareAsync(probe, new() { Type = QueueType.Classic });
        await using var processes = new ConsumerProcesses("--prefetch", "16", "--slow", "2");
        ConsumerProcess[] both = [await processes.StartAsync(brokers.Shared.Uri, queue), await processes.StartAsync(brokers.Shared.Uri, queue)];

        await sender.SendAllAsync(queue, Clients.Numbers(200));
        await processes.HandleAsync(200, s_patience);

        foreach (var process in both)
            await process.StopAsync();
        var concurrent = HandlerRuns.ConcurrentFresh(processes.Runs, processes.KilledAt);
        Promise.Report(new { promise = "C8", control = "an ordinary queue", concurrent });
        Assert.True(concurrent > 0);
    }

    /// <summary>The first that handles some more messages; null where none does.</summary>
    private static async Task<Member?> FindActiveAsync(List<Member> members)
    {
        var handling = members.Select(member => member.Process.Lines.ReachAsync(member.Process.Lines.Count + Steady, s_patience)).ToList();
        var first = await Task.WhenAny(handling);
        foreach (var each in handling)
            _ = each.ContinueWith(static late => late.Exception, TaskScheduler.Default); // a standby's wait ends with a timeout, which says nothing
        return first.IsCompletedSuccessfully ? members[handling.IndexOf(first)] : null;
    }

    private static TimeSpan GapAfter(ConsumerProcess killed, IReadOnlyList<HandlerRun> runs)
    {
        var at = killed.KilledAt!.Value; // it was killed
        var next = runs.Where(run => run.Life != killed.Life && run.BeganAt > at).Min(run => (long?)run.BeganAt);
        return next is { } began ? TimeProvider.System.GetElapsedTime(at, began) : TimeSpan.MaxValue;
    }

    private enum BrokerIs
    {
        Told,
        NotTold,
    }

    private sealed record Member(ConsumerProcess Process, FaultProxy Proxy)
    {
        public static async Task<Member> StartAsync(ConsumerProcesses processes, BrokerUnderTest broker, string queue)
        {
            var proxy = await FaultProxy.StartAsync(broker.Uri);
            return new Member(await processes.StartAsync(proxy.Uri, queue), proxy);
        }

        /// <summary>A process alone closes its connections as it dies; with its machine nobody does.</summary>
        public async Task KillAsync(BrokerIs broker)
        {
            if (broker == BrokerIs.NotTold)
                Proxy.Both.Swallow();
            await Process.KillAsync();
        }
    }
}
