using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Regressions;

/// <summary>
/// What a broker was registered with was declared on the consuming connection alone, so that the first publish of an
/// application, which opens the other one, could be there before its queue.
/// </summary>
public sealed class RegisteredTopologyTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_client_that_only_publishes_finds_its_queue_declared()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        var services = new ServiceCollection();
        services.AddBroker(brokers.Shared.Uri.OriginalString).DeclareQueue(queue);
        await using var provider = services.BuildServiceProvider();

        var result = await provider.GetRequiredService<IPublisher>().TrySendAsync(queue, "first").InTime();

        Assert.Equal(PublishOutcome.Confirmed, result.Outcome);
    }
}
