using System.Text;
using Broker.Client;

namespace WebOrders;

/// <summary>What a customer asks for.</summary>
public sealed record NewOrder(string Item, int Quantity);

/// <summary>What goes through the queue.</summary>
public sealed record Order(Guid Id, string Item, int Quantity);

/// <summary>What is told of an order that could not be shipped.</summary>
public sealed record ParkedOrder(string Order, string? Why, int? Attempts, DateTimeOffset? Since)
{
    public static ParkedOrder From(ParkedMessage parked) => new(
        Encoding.UTF8.GetString(parked.Message.Body.Span), parked.ExceptionMessage, parked.Attempts, parked.FirstTime);
}

/// <summary>How many parked orders are in their queue again.</summary>
public sealed record SentHome(int Count);
