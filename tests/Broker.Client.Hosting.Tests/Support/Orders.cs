using System.Text.Json.Serialization;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.Hosting.Tests.Support;

public sealed record Order(int Id, string Item);

/// <summary>What an application generates for its messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderContext : JsonSerializerContext;

/// <summary>What handlers were given, in order.</summary>
internal sealed class Inbox
{
    public Collected<(Order Order, Delivery Delivery)> Orders { get; } = new();
}

/// <summary>The handler of most tests: puts what it gets into the inbox.</summary>
internal sealed class OrderHandler(Inbox inbox) : IMessageHandler<Order>
{
    public Task HandleAsync(Order message, Delivery delivery, CancellationToken cancellationToken)
    {
        inbox.Orders.Add((message, delivery));
        return Task.CompletedTask;
    }
}
