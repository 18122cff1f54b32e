namespace Broker.Client;

/// <summary>Where a delivery's verdict goes: the settlement of the channel that it came on.</summary>
internal interface ISettle
{
    /// <summary>Who brings its messages back after a while.</summary>
    IRetryLater Later { get; }

    /// <summary>Whether its messages are of a stream, to which nothing goes back.</summary>
    bool IsOfStream => false;

    /// <summary>True when the verdict was accepted for a live channel; false when that channel is gone.</summary>
    ValueTask<bool> SettleAsync(Delivery delivery, Verdict verdict);
}

internal enum Verdict
{
    Ack,
    Retry,
    Release,
    DeadLetter,
}

/// <summary>How a delivery stands with the settlement of its channel.</summary>
internal enum Standing : byte
{
    /// <summary>It has no verdict.</summary>
    Open,

    /// <summary>It is finished, and its ack is held back.</summary>
    Held,

    /// <summary>Its verdict is in line, or was written.</summary>
    Told,
}

/// <summary>A word to the broker about one delivery, or about all up to it.</summary>
internal readonly record struct Settling(ulong Tag, Verdict Verdict, bool Multiple);
