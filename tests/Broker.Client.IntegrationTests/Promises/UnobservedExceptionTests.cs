using System.Diagnostics;
using System.Runtime.CompilerServices;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// L2: no exception is left to nobody, in no test process: each is watched (tests/Shared/UnobservedExceptions.cs). Here processes of this
/// project leave one on purpose, and fail.
/// </summary>
[Trait("Promise", "L2")]
public sealed class UnobservedExceptionTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_run_in_which_nobody_observed_an_exception_fails_by_its_name()
    {
        var run = new PromiseRun("L2", brokers.Shared);

        var ends = await Task.WhenAll(EndOfAsync(nameof(Planted.Of_nothing)), EndOfAsync(nameof(Planted.Of_a_task)), EndOfAsync(nameof(Planted.Of_a_thread)));

        var breaches = new List<string>();
        if (ends[0] is { } sound)
            breaches.Add($"a run without any failed: {sound}");
        var bitten = ends[1..].Count(end => end?.Contains(nameof(PlantedException)) == true);
        run.Conclude(faults: 2, bitten, breaches, new { failed = ends.Select(end => end is not null) });
    }

    /// <summary>How a run of one planted test failed; null when it did not.</summary>
    private static async Task<string?> EndOfAsync(string test)
    {
        var start = new ProcessStartInfo("dotnet");
        foreach (var argument in (string[])["exec", typeof(Planted).Assembly.Location, "-noColor", "-noLogo", "-explicit", "only", "-method", $"*.{test}"])
            start.ArgumentList.Add(argument);
        start.Environment["BROKER_TEST"] = "testbroker"; // the quickest to start
        try
        {
            await Command.RunAsync(start, s_limit);
            return null;
        }
        catch (InvalidOperationException failed)
        {
            return failed.Message;
        }
    }

    private sealed class PlantedException : Exception;

    /// <summary>Tests that pass, in runs that must not.</summary>
    public sealed class Planted
    {
        [Fact(Explicit = true)]
        public void Of_nothing()
        {
        }

        [Fact(Explicit = true)]
        public void Of_a_task()
        {
            Leave();

            [MethodImpl(MethodImplOptions.NoInlining)]
            static void Leave() => _ = Task.FromException(new PlantedException());
        }

        [Fact(Explicit = true)]
        public async Task Of_a_thread()
        {
            var reached = new TaskCompletionSource();
            AppDomain.CurrentDomain.FirstChanceException += (_, thrown) =>
            {
                if (thrown.Exception is PlantedException)
                    reached.TrySetResult();
            };
            new Thread(static () => throw new PlantedException()) { IsBackground = true }.Start();
            await reached.Task.InTime();
        }
    }
}
