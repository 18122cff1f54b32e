using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>The queue <c>X.failed</c> that the library makes beside a queue; the probe knows it by no name of its own, so it is deleted here.</summary>
internal sealed record FailedQueue(BrokerProbe Probe, string Name)
{
    public async Task WaitForCountAsync(uint count)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await Probe.ExistsAsync(Name))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"{Name} was not declared.");
        await Probe.WaitForCountAsync(Name, count);
    }

    /// <summary>Everything in it, and the end of it.</summary>
    public async Task<List<RawMessage>> TakeAsync()
    {
        var messages = await Probe.DrainAsync(Name);
        await Probe.DeleteAsync(Name);
        return messages;
    }
}

internal static class FailedQueues
{
    public static FailedQueue Failed(this BrokerProbe probe, string queue) => new(probe, $"{queue}.failed");
}
