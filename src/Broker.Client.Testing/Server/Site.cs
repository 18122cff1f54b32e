namespace Broker.Client.Testing;

/// <summary>A virtual host as the connections see it.</summary>
internal sealed class Site : IDisposable
{
    public Site(string name, RabbitProfile profile, TimeProvider clock, BrokerLimits limits)
    {
        Host = new(name, profile, clock, limits);
        Replies = new(profile);
    }

    public VirtualHost Host { get; }

    public ReplyTable Replies { get; }

    public void Dispose() => Host.Dispose();
}
