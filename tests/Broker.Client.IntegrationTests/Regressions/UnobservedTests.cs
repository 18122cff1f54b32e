using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>Two failures that the library knew of, had told, and then left to the finalizer as exceptions that nobody had observed.</summary>
[Collection(Alone.Name)] // what is collected is the process's
public sealed class UnobservedTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_channel_that_is_not_opened_in_time_leaves_no_exception()
    {
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);

        var unobserved = await LeftByAsync(async () =>
        {
            var held = proxy.On(Frames.Method("channel.open-ok").FromBroker()).Drop();
            await Assert.ThrowsAsync<BrokerConnectionException>(() => proxy.ConnectAsync(options =>
            {
                options.ConnectTimeout = TimeSpan.FromSeconds(0.5);
                options.ConnectAttempts = 1;
                options.TimeProvider = new SkippedTime(1); // how long the end of the connection is waited for then
            }));
            Assert.NotEmpty(held.Bites);
        });

        Assert.Empty(unobserved);
    }

    [Fact]
    public async Task The_end_of_a_consumer_at_which_nobody_looks_leaves_no_exception()
    {
        await using var probe = await brokers.Shared.ProbeAsync();

        var unobserved = await LeftByAsync(async () =>
        {
            await using var client = await brokers.Shared.ConnectAsync();
            var queue = await client.DeclareAsync(probe);
            var consumer = await client.ConsumeAsync(
                queue, static _ => throw new InvalidOperationException("no luck"), new() { FailurePolicy = FailurePolicy.Stop });
            await client.SendAsync(queue, "text").InTime();
            await Eventually.IsTrueAsync("its end", () => consumer.Status.State == ConsumerState.Failed);
        });

        Assert.Empty(unobserved);
    }

    private static async Task<IReadOnlyCollection<string>> LeftByAsync(Func<Task> act)
    {
        Collect(); // what is others'
        var unobserved = new ConcurrentQueue<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, found) => unobserved.Enqueue($"{found.Exception}");
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await act();
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }

        return unobserved;
    }

    private static void Collect()
    {
        for (var round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
