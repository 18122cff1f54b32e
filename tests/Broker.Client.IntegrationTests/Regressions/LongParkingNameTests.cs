using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// A queue whose own name is allowed, but not with ".failed" behind it, could not have its failed messages parked: they were tried for ever, and the
/// log was the only one to say so.
/// </summary>
public sealed class LongParkingNameTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_consumer_that_could_not_park_for_the_length_of_its_queues_name_is_refused_with_what_to_write()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = probe.NewName().PadRight(250, '.');
        await probe.DeclareAsync(queue);

        var error = await Record.ExceptionAsync(async () =>
        {
            await using var consumer = await broker.ConsumeAsync(queue, _ => { }).InTime();
        });

        await probe.DeleteAsync(queue);
        Assert.Contains("FailurePolicy", Assert.IsAssignableFrom<ArgumentException>(error).Message, StringComparison.Ordinal);
        Assert.Equal(BrokerConnectionState.Connected, broker.State);
    }
}
