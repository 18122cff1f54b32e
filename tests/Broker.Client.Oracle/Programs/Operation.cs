using Broker.Client.Oracle.Playing;

namespace Broker.Client.Oracle.Programs;

/// <summary>One step of a program. Queues, exchanges, consumers and deliveries are slots, so that what is left of a program still makes sense when
/// steps are taken out.</summary>
internal abstract record Operation
{
    /// <summary>Does it; returns what the broker answered, in canonical words, or "" for what it does not answer.</summary>
    public abstract Task<string> PlayAsync(Stage stage);

    /// <summary>The channel whose work the broker may still be doing when the step is sent, or null.</summary>
    public virtual int? Behind => null;

    /// <summary>Whether something ends by time from here on, unless the program waits for it soon.</summary>
    public virtual bool StartsClock => false;
}
