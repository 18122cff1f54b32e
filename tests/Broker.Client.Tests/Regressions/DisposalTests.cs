using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Regressions;

public sealed class DisposalTests
{
    [Fact]
    public async Task With_nothing_left_to_publish_a_client_without_a_connection_does_not_use_up_its_drain_time()
    {
        var time = new WatchedTime();
        var client = new BrokerClient(NoBroker.Options(time));
        using var source = new CancellationTokenSource();
        var sending = client.TrySendAsync("q", "m", null, source.Token).AsTask();
        await source.CancelAsync();
        await sending;

        // The clock stands still: whoever waits for the drain time waits for ever.
        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
    }
}
