using RabbitMQ.Client;

namespace Broker.Client.Tests.Support;

/// <summary>Deliveries as they come from the driver, and where their verdicts go.</summary>
internal static class Deliveries
{
    public static AmqpDelivery New(
        BasicProperties? properties = null, ISettle? settle = null, bool redelivered = false, ulong tag = 1, string queue = "orders", byte[]? body = null)
    {
        var delivery = new AmqpDelivery(queue, tag, redelivered, "exchange", "key", properties ?? new BasicProperties(), body ?? []);
        if (settle is not null)
            delivery.AttachTo(settle);
        return delivery;
    }

    /// <summary>A consumer's channel that was never opened.</summary>
    public static ConsumerGeneration Generation() =>
        new(64, ackAtOnce: false, static (_, _) => { }, new NoLater(), TimeProvider.System, Listening.Unheard);

    /// <summary>One that a quorum queue has counted.</summary>
    public static AmqpDelivery Counted(long count, ISettle settle) =>
        New(new BasicProperties { Headers = new Dictionary<string, object?> { ["x-delivery-count"] = count } }, settle, redelivered: count > 0);
}

/// <summary>A channel's settlement that notes what it is told.</summary>
internal sealed class NotedVerdicts : ISettle
{
    public List<Verdict> Verdicts { get; } = [];

    public bool IsLive { get; set; } = true;

    public IRetryLater Later { get; } = new NoLater();

    public ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict)
    {
        lock (Verdicts)
            Verdicts.Add(verdict);
        return new(IsLive);
    }
}

/// <summary>No delivery comes back by it.</summary>
internal sealed class NoLater : IRetryLater
{
    public ValueTask SendAsync(Delivery delivery, TimeSpan delay, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
