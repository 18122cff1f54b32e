// A shop that takes orders over HTTP and ships them from a queue:  dotnet run --project examples/WebOrders
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing.Hosting;
using WebOrders;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<Warehouse>();
builder.AddBroker() // its URI is ConnectionStrings:broker, all else is in the section Broker
    .DeclareQueue("orders")
    .AddPublisher<Order>("", "orders", publisher => publisher.Deadline = TimeSpan.FromSeconds(5))
    .AddConsumer<OrderHandler, Order>("orders", consumer =>
        consumer.FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(100)).ThenPark("orders.failed"));
builder.Services.AddHealthChecks().AddBroker();

if (builder.Configuration.GetConnectionString("broker") is null)
{
    Console.WriteLine("No ConnectionStrings:broker: using a test broker inside this program.");
    builder.Services.AddTestBroker();
}

var app = builder.Build();
app.MapHealthChecks("/health");

// Accepted is said when the broker has the order, and not before.
app.MapPost("/orders", async (NewOrder wanted, IPublisher<Order> orders, CancellationToken cancellationToken) =>
{
    var order = new Order(Guid.NewGuid(), wanted.Item, wanted.Quantity);
    var result = await orders.TryPublishAsync(order, cancellationToken: cancellationToken);
    return result.IsConfirmed
        ? Results.Accepted($"/orders/{order.Id}", order)
        : Results.Problem($"The order may not have been taken: {result.Outcome}.", statusCode: StatusCodes.Status503ServiceUnavailable);
});
app.MapGet("/orders/{id:guid}", (Guid id, Warehouse warehouse) =>
    warehouse.FindShipped(id) is { } order ? Results.Ok(order) : Results.NotFound());

app.MapGet("/stock/{item}", (string item, Warehouse warehouse) => warehouse.Stock(item));
app.MapPut("/stock/{item}", (string item, int quantity, Warehouse warehouse) => warehouse.Restock(item, quantity));

// What could not be shipped is parked: to be looked at, and sent home when its cause is mended.
app.MapGet("/parked", (BrokerClient broker, CancellationToken cancellationToken) =>
    broker.ListParkedAsync("orders.failed", cancellationToken).Select(ParkedOrder.From));
app.MapPost("/parked/home", async (BrokerClient broker, CancellationToken cancellationToken) =>
    new SentHome(await broker.SendParkedHomeAsync("orders.failed", cancellationToken: cancellationToken)));

await app.RunAsync();
