// Tests a handler on a broker of its own:  dotnet run --project examples/TestYourHandler
using Broker.Client;
using Broker.Client.Testing;
using Xunit;

namespace Shop;

public sealed class ShippingTests
{
    [Fact]
    public async Task An_order_that_comes_twice_is_shipped_once()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");
        var shipping = new Shipping();
        await using var consumer = await broker.ConsumeAsync("orders", shipping.Handle);

        // The broker stores the order, and the line breaks before it says so: the client sends it again.
        server.On(Publishes.To("orders").Number(1)).StoreThenCut();
        await broker.SendAsync("orders", "seven anvils");
        await server.Queue("orders").WaitUntilEmptyAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(2, server.Queue("orders").History.Count(order => order.Fate == MessageFate.Acked));
        Assert.Equal(["seven anvils"], shipping.Shipped);
        server.AssertBit();
    }
}
