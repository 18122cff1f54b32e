namespace Broker.Client.Testing;

/// <summary>What a queue needs of the virtual host it lives in.</summary>
internal sealed class QueueContext(
    string virtualHost, RabbitProfile profile, TimeProvider clock, BrokerLimits limits, Lock gate, Changes changes)
{
    private long _position;

    public string VirtualHost => virtualHost;

    public RabbitProfile Profile => profile;

    public TimeProvider Clock => clock;

    public BrokerLimits Limits => limits;

    public Lock Gate => gate;

    public Changes Changes => changes;

    /// <summary>Sends a buried message on: the message, the reason it died for, and who is told whether a queue has taken
    /// it.</summary>
    public required Action<Message, string, Action<bool>?> DeadLetter { get; init; }

    /// <summary>Does it, and sends what is buried meanwhile on only then: the queue has gone on by that time.</summary>
    public required Action<Action> Deferred { get; init; }

    /// <summary>Removes a queue that nobody used for its x-expires.</summary>
    public required Action<MessageQueue> Remove { get; init; }

    /// <summary>Whose message is being stored; null where nobody waits for a confirm of it.</summary>
    public object? Publisher { get; set; }

    public DateTimeOffset Now => clock.GetUtcNow();

    public long NextPosition() => _position++;
}
