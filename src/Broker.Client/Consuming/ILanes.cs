namespace Broker.Client;

/// <summary>Where the deliveries of a subscription go.</summary>
internal interface IDeliverySink
{
    /// <summary>Takes a delivery, on a thread of the driver; must return at once and run no code of the user.</summary>
    void Deliver(ConsumerGeneration generation, Delivery delivery);

    /// <summary>Gives out what was not started, to be handed back.</summary>
    IReadOnlyCollection<Delivery> TakeBack();

    /// <summary>A channel is gone, or a stop has waited long enough: handlers of its messages are told.</summary>
    void OnGone(ConsumerGeneration generation);
}

/// <summary>Lanes in which handlers run.</summary>
internal interface ILanes : IDeliverySink, IDisposable
{
    /// <summary>How many handlers run.</summary>
    int Running { get; }

    /// <summary>How many of them are over their time and have not returned.</summary>
    int Stuck { get; }

    /// <summary>The context that handlers find; set once, before the first delivery.</summary>
    ExecutionContext? Context { set; }

    /// <summary>Completes when nothing more is to be done and the last handler has returned.</summary>
    Task DrainAsync();
}
