using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The other shapes that a stream of messages may have.</summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the source alone, and no source is two of them.")]
public static class PublishManyExtensions
{
    /// <summary>As <see cref="IPublisher.PublishManyAsync"/>, from a sequence that is at hand.</summary>
    public static Task<long> PublishManyAsync(
        this IPublisher publisher, IEnumerable<Publication> publications, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        return publisher.PublishManyAsync(publications.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>As <see cref="IPublisher.TryPublishManyAsync"/>, from a sequence that is at hand.</summary>
    public static IAsyncEnumerable<PublishResult> TryPublishManyAsync(
        this IPublisher publisher, IEnumerable<Publication> publications, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        return publisher.TryPublishManyAsync(publications.ToAsyncEnumerable(), cancellationToken);
    }

    /// <summary>As <see cref="IPublisher.PublishManyAsync"/>, all to one queue: mandatory unless said otherwise.</summary>
    public static Task<long> SendManyAsync(
        this IPublisher publisher, string queue, IEnumerable<Message> messages, PublishOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendManyAsync(publisher, queue, messages.ToAsyncEnumerable(), options, cancellationToken);

    /// <summary>As <see cref="IPublisher.PublishManyAsync"/>, all to one queue: mandatory unless said otherwise.</summary>
    public static Task<long> SendManyAsync(
        this IPublisher publisher, string queue, IAsyncEnumerable<Message> messages, PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        return publisher.PublishManyAsync(ToQueue(queue, messages, options), cancellationToken);
    }

    /// <summary>As <see cref="IPublisher.TryPublishManyAsync"/>, all to one queue: mandatory unless said otherwise.</summary>
    public static IAsyncEnumerable<PublishResult> TrySendManyAsync(
        this IPublisher publisher, string queue, IEnumerable<Message> messages, PublishOptions? options = null,
        CancellationToken cancellationToken = default) =>
        TrySendManyAsync(publisher, queue, messages.ToAsyncEnumerable(), options, cancellationToken);

    /// <summary>As <see cref="IPublisher.TryPublishManyAsync"/>, all to one queue: mandatory unless said otherwise.</summary>
    public static IAsyncEnumerable<PublishResult> TrySendManyAsync(
        this IPublisher publisher, string queue, IAsyncEnumerable<Message> messages, PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        return publisher.TryPublishManyAsync(ToQueue(queue, messages, options), cancellationToken);
    }

    private static IAsyncEnumerable<Publication> ToQueue(
        string queue, IAsyncEnumerable<Message> messages, PublishOptions? options)
    {
        Check.NotEmpty(queue);
        return messages.Select(message => new Publication("", queue, message, options));
    }
}
