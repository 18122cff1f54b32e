namespace Broker.Client.Hosting;

/// <summary>How an <see cref="IPublisher{TMessage}"/> publishes.</summary>
/// <typeparam name="TMessage">What it publishes.</typeparam>
public sealed record TypedPublisherOptions<TMessage>
{
    /// <summary>
    /// The content type, which chooses the serializer; null, the default, means <c>application/json</c>, and text or bytes
    /// for those.
    /// </summary>
    public string? ContentType { get; set; }

    /// <summary>The routing key of a message; null, the default, means the one of the registration.</summary>
    public Func<TMessage, string>? RoutingKey { get; set; }

    /// <summary>As <see cref="PublishOptions.OrderingKey"/>, of a message; null, the default, means none.</summary>
    public Func<TMessage, string?>? OrderingKey { get; set; }

    /// <summary>
    /// Whether a message must reach a queue, as <see cref="PublishOptions.Mandatory"/>: null, the default, means that it must
    /// on the default exchange and need not on a named one.
    /// </summary>
    public bool? Mandatory { get; set; }

    /// <summary>
    /// How long a publish may take in all, as <see cref="PublishOptions.Deadline"/>; null, the default, means
    /// <see cref="PublisherOptions.Deadline"/>.
    /// </summary>
    public TimeSpan? Deadline { get; set; }

    /// <summary>Adds to every message that goes out, for instance a message id, a type, a time to live. None by default.</summary>
    public Action<TMessage, Message>? Prepare { get; set; }
}
