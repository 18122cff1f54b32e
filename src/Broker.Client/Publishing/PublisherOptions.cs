namespace Broker.Client;

/// <summary>How a client publishes.</summary>
public sealed record PublisherOptions
{
    /// <summary>
    /// How long a publish may take in all, waiting for a connection and resends included; 30 seconds by default.
    /// </summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many messages a channel may have on the wire without a confirm; 1,024 by default, up to 1,000,000. What
    /// comes beyond it waits its turn, in the memory of its caller, who waits with it; the streams of
    /// <see cref="IPublisher.PublishManyAsync"/> start no more than this together.
    /// </summary>
    public int WindowMessages { get; set; } = 1024;

    /// <summary>
    /// How many bytes of bodies a channel may have on the wire without a confirm; 64 MiB by default. One
    /// larger message still goes, alone.
    /// </summary>
    public long WindowBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>
    /// How many channels publish side by side; 1 by default, which keeps all messages in the order of the calls, and 32
    /// at the most. With more than one, messages keep their order only under the same
    /// <see cref="PublishOptions.OrderingKey"/>.
    /// </summary>
    public int Channels { get; set; } = 1;

    /// <summary>
    /// The largest body that is sent; 16 MiB by default, which is also what RabbitMQ 4 accepts unless told otherwise
    /// (<c>max_message_size</c>).
    /// </summary>
    public int MaxMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// What stands around every publish, the first outermost; empty by default, which costs a publish nothing. See
    /// <see cref="IPublishFilter"/>.
    /// </summary>
    public IList<IPublishFilter> Filters { get; set; } = [];

    internal PublisherOptions Snapshot() => this with { Filters = [.. Filters] };

    /// <summary>Refuses what cannot work, naming the property and what it may be.</summary>
    internal void Validate()
    {
        Check.Positive(Deadline, "PublisherOptions.Deadline");
        Check.Range(WindowMessages, 1, 1_000_000, "PublisherOptions.WindowMessages");
        Check.Range(WindowBytes, 1, long.MaxValue, "PublisherOptions.WindowBytes");
        // Each has one write under way in the driver, which hangs when it has many more than 64 on a connection that stalls.
        Check.Range(Channels, 1, 32, "PublisherOptions.Channels");
        Check.Range(MaxMessageBytes, 1, 512 * 1024 * 1024, "PublisherOptions.MaxMessageBytes");
        Check.NoneIsNull(Filters, "PublisherOptions.Filters");
    }
}
