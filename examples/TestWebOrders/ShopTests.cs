// Tests a whole web application on a broker of its own:  dotnet run --project examples/TestWebOrders
using System.Net;
using System.Net.Http.Json;
using Broker.Client.Testing;
using Broker.Client.Testing.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using WebOrders;
using Xunit;

namespace TestWebOrders;

public sealed class ShopTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    // The application as it is; what it connects to is the one thing that the test changes.
    private readonly WebApplicationFactory<Program> _application = new WebApplicationFactory<Program>()
        .WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddTestBroker()));

    private TestBroker Broker => _application.Services.GetRequiredService<TestBroker>();

    [Fact]
    public async Task An_order_is_shipped_once_though_it_comes_twice()
    {
        using var customer = _application.CreateClient();
        Broker.On(Publishes.To("orders").Number(1)).StoreThenCut(); // the shop is not told that its order was stored, and sends it again

        var order = await OrderAsync(customer, "rope", 30);
        await Broker.Queue("orders").WaitUntilAsync(queue => queue.History.Count == 2 && queue.MessageCount == 0, s_patience);

        Assert.Equal(order, await customer.GetFromJsonAsync<Order>($"/orders/{order.Id}"));
        Assert.Equal(70, await customer.GetFromJsonAsync<int>("/stock/rope"));
        Broker.AssertBit();
    }

    [Fact]
    public async Task An_order_that_cannot_be_shipped_is_parked_and_sent_home_when_it_can()
    {
        using var customer = _application.CreateClient();

        var order = await OrderAsync(customer, "anvil", 7);
        await Broker.Queue("orders.failed").WaitUntilAsync(queue => queue.ReadyCount == 1, s_patience);
        var parked = Assert.Single((await customer.GetFromJsonAsync<ParkedOrder[]>("/parked"))!);
        Assert.Equal((3, "There are 0 of anvil, and 7 are wanted."), (parked.Attempts, parked.Why));
        Assert.Equal(HttpStatusCode.NotFound, (await customer.GetAsync($"/orders/{order.Id}")).StatusCode);

        await customer.PutAsync("/stock/anvil?quantity=10", content: null);
        var sent = await customer.PostAsync("/parked/home", content: null);

        Assert.Equal(new SentHome(1), await sent.Content.ReadFromJsonAsync<SentHome>());
        await Broker.Queue("orders").WaitUntilEmptyAsync(s_patience);
        Assert.Equal(order, await customer.GetFromJsonAsync<Order>($"/orders/{order.Id}"));
    }

    [Fact]
    public async Task A_customer_is_told_when_an_order_may_not_have_been_taken()
    {
        using var customer = _application.CreateClient();
        Broker.Block("no memory left");

        var answer = await customer.PostAsJsonAsync("/orders", new NewOrder("rope", 1));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Broker.Unblock();
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async Task<Order> OrderAsync(HttpClient customer, string item, int quantity)
    {
        var answer = await customer.PostAsJsonAsync("/orders", new NewOrder(item, quantity));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<Order>())!;
    }
}
