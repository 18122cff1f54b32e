namespace Broker.Client;

/// <summary>What a single publish may ask for beyond its message.</summary>
public sealed record PublishOptions
{
    /// <summary>
    /// Whether the message must reach a queue, else it comes back as <see cref="PublishOutcome.Returned"/>. Null, the
    /// default, means true for the default exchange (there the routing key is a queue's name) and false for a named one
    /// (where nobody listening is no error).
    /// </summary>
    public bool? Mandatory { get; set; }

    /// <summary>
    /// How long the publish may take in all, resends included, before it ends as <see cref="PublishOutcome.NotSent"/> or
    /// <see cref="PublishOutcome.Unknown"/>. Null means <see cref="PublisherOptions.Deadline"/>.
    /// </summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>
    /// Messages with the same key keep their order when <see cref="PublisherOptions.Channels"/> is above 1. Has no
    /// effect with one channel, which keeps the order of all.
    /// </summary>
    public string? OrderingKey { get; set; }
}
