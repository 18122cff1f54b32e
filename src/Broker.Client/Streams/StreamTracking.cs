namespace Broker.Client;

/// <summary>What a consumer of a stream knows beyond one channel: what it wants of the stream, and how far it is handled.</summary>
internal sealed class StreamTracking
{
    public StreamPosition Position { get; init; } = new();

    /// <summary>What is wanted; null for everything.</summary>
    public StreamFilter? Filter { get; init; }

    /// <summary>Called for each event that is handled; must return at once.</summary>
    public Action? Advanced { get; init; }

    /// <summary>Called with the first offset that is wanted and with how many there would have been that are no longer kept.</summary>
    public Action<long, long>? Lost { get; init; }

    /// <summary>Awaited when the consumer has given its last verdict, before it has stopped. Must not throw.</summary>
    public Func<Task>? Ended { get; init; }

    /// <summary>An event has arrived.</summary>
    /// <param name="delivery">The event.</param>
    /// <param name="isFirst">Whether it is the first of its channel.</param>
    public StreamArrival Arrive(Delivery delivery, bool isFirst)
    {
        if (delivery.StreamOffset is not { } offset)
            return StreamArrival.New;
        // Of those before the first of a channel nobody knows how many a filter would have left out.
        if (isFirst && Position.Next is { } wanted && Position.GiveUpBefore(offset) is > 0 and var lost && Filter is null)
            Lost?.Invoke(wanted, lost);
        var arrival = Position.Arrive(offset);
        return Filter?.Takes(delivery.Headers) == false ? StreamArrival.Handled : arrival;
    }

    public void Handle(Delivery delivery)
    {
        if (delivery.StreamOffset is not { } offset)
            return;
        Position.Handle(offset);
        Advanced?.Invoke();
    }

    public bool IsHandled(Delivery delivery) => delivery.StreamOffset is { } offset && Position.IsHandled(offset);
}
