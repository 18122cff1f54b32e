namespace Broker.Client.Tests.Support;

/// <summary>A publisher that can nothing but send and tell how it ended, as its heir does it.</summary>
internal abstract class NoPublisher : IPublisher
{
    public abstract ValueTask<PublishResult> TrySendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default);

    public ValueTask<PublishResult> PublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<PublishResult> TryPublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<PublishResult> SendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<long> PublishManyAsync(
        IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<PublishResult> TryPublishManyAsync(
        IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
