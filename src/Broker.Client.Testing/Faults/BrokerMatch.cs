namespace Broker.Client.Testing;

/// <summary>A choice of what a fault of a <see cref="TestBroker"/> acts on; see <see cref="Publishes"/>,
/// <see cref="Deliveries"/> and <see cref="Methods"/>. Counting starts when the fault is armed, and goes over all
/// connections.</summary>
/// <typeparam name="TEvent">What happens: <see cref="TestPublish"/>, <see cref="TestDelivery"/> or
/// <see cref="TestMethod"/>.</typeparam>
public sealed record BrokerMatch<TEvent>
{
    private readonly Func<TEvent, bool> _fits;

    internal BrokerMatch(string words, Func<TEvent, bool> fits) => (Words, _fits) = (words, fits);

    internal string Words { get; }

    internal Turn Turn { get; init; } = Turn.Every(1);

    /// <summary>Only the <paramref name="n"/>th of those that fit, from 1.</summary>
    public BrokerMatch<TEvent> Number(long n) => this with { Turn = Turn.Only(n) };

    /// <summary>Every <paramref name="n"/>th of those that fit.</summary>
    public BrokerMatch<TEvent> Every(long n) => this with { Turn = Turn.Every(n) };

    /// <summary>The choice in words.</summary>
    public override string ToString() => Words + Turn;

    internal bool Fits(TEvent happening) => _fits(happening);
}
