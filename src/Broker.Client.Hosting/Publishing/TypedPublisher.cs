using System.Runtime.CompilerServices;

namespace Broker.Client.Hosting;

/// <summary>Writes the body, and leaves the rest to the client.</summary>
internal sealed class TypedPublisher<TMessage>(
    IPublisher publisher, MessageEncoder<TMessage> encoder, string exchange, string routingKey,
    TypedPublisherOptions<TMessage> options)
    : IPublisher<TMessage>
{
    private readonly PublishOptions _options = new() { Mandatory = options.Mandatory, Deadline = options.Deadline };

    public ValueTask<PublishResult> PublishAsync(TMessage message, Action<Message>? prepare, CancellationToken cancellationToken)
    {
        var (_, key, body, how) = ToPublication(message, prepare);
        return publisher.PublishAsync(exchange, key, body, how, cancellationToken);
    }

    public ValueTask<PublishResult> TryPublishAsync(TMessage message, Action<Message>? prepare, CancellationToken cancellationToken)
    {
        var (_, key, body, how) = ToPublication(message, prepare);
        return publisher.TryPublishAsync(exchange, key, body, how, cancellationToken);
    }

    public Task<long> PublishManyAsync(IAsyncEnumerable<TMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return publisher.PublishManyAsync(ToPublicationsAsync(messages, cancellationToken), cancellationToken);
    }

    private async IAsyncEnumerable<Publication> ToPublicationsAsync(
        IAsyncEnumerable<TMessage> messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in messages.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return ToPublication(message, prepare: null);
    }

    private Publication ToPublication(TMessage message, Action<Message>? prepare)
    {
        var body = encoder.Encode(message);
        options.Prepare?.Invoke(message, body);
        prepare?.Invoke(body);
        return new Publication(
            exchange, options.RoutingKey is { } key ? key(message) : routingKey, body,
            options.OrderingKey is { } ordering ? _options with { OrderingKey = ordering(message) } : _options);
    }
}
