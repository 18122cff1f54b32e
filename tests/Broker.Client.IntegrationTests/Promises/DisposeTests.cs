using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>L6: whatever a client is about, sixteen threads may dispose it and its consumer at once, and again: all return, and none throws.</summary>
[Trait("Promise", "L6")]
[Collection(BrokerFixture.Faulty)]
public sealed class DisposeTests(BrokerFixture brokers)
{
    private const int Threads = 16;
    private const int AtOnce = 6; // clients
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30); // the longest that a dispose may take by its doc, and a slow machine

    [Fact]
    public async Task Sixteen_threads_dispose_at_once_at_every_stage_and_all_return()
    {
        var broker = await brokers.FaultyAsync();
        var run = new PromiseRun("L6", broker);
        var rounds = Promise.Figure(pr: 4, night: 143, release: 143);
        var stages = Enum.GetValues<ClientStage>();
        await using var probe = await broker.ProbeAsync();

        var (ended, breaches) = (0, new List<string>());
        foreach (var stage in stages)
        {
            if (stage is ClientStage.Blocked)
                await broker.RaiseMemoryAlarmAsync();
            try
            {
                foreach (var batch in Enumerable.Range(0, rounds).Chunk(AtOnce))
                {
                    var found = await Task.WhenAll(batch.Select(round => DisposeAsync(stage, broker, probe, silent: round % 2 == 1)));
                    breaches.AddRange(found.SelectMany(each => each));
                    ended += batch.Length;
                }
            }
            finally
            {
                if (stage is ClientStage.Blocked)
                    await broker.ClearMemoryAlarmAsync();
            }
        }

        run.Conclude(rounds * stages.Length, ended, [.. breaches.Distinct()], new { threads = Threads, stages });
    }

    private static async Task<List<string>> DisposeAsync(ClientStage stage, BrokerUnderTest broker, BrokerProbe probe, bool silent)
    {
        await using var staged = await StagedClient.AtAsync(stage, broker, probe, silent);
        using var together = new Barrier(Threads);
        var disposing = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait(s_bound);
                return thread % 2 == 1 && staged.Consumer is { } consumer ? consumer.DisposeAsync().AsTask() : staged.Client.DisposeAsync().AsTask();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToArray();

        var breaches = new List<string>();
        await Task.WhenAny(Task.WhenAll(disposing), Task.Delay(s_bound, TimeProvider.System));
        foreach (var each in disposing)
        {
            if (!each.IsCompleted)
                breaches.Add($"{stage}: a dispose hangs");
            else if (each.Exception is { } thrown)
                breaches.Add($"{stage}: a dispose throws {thrown.InnerException}");
        }

        if (breaches.Count > 0)
            return breaches;
        await staged.Client.DisposeAsync();
        if (staged.Client.State != BrokerConnectionState.Closed)
            breaches.Add($"{stage}: disposed, it is {staged.Client.State}");
        await staged.GoneAsync();
        return breaches;
    }
}
