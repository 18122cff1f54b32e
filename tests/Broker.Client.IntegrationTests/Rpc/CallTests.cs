using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Rpc;

/// <summary>What a call ends in when all goes well, and everything else that it can end in.</summary>
public sealed class CallTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_call_ends_in_the_reply_of_the_server()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var server = await broker.ServeAsync(queue, request => $"{int.Parse(request.GetText(), null) * 2}");

        var reply = await broker.CallAsync(queue, "21").InTime();

        Assert.Equal(("42", "text/plain; charset=utf-8"), (reply.GetText(), reply.ContentType));
    }
}
