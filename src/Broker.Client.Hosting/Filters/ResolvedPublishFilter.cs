using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>A filter that is made at the first publish, when the client that it may depend on is there.</summary>
internal sealed class ResolvedPublishFilter<TFilter>(IServiceProvider services) : IPublishFilter
    where TFilter : class, IPublishFilter
{
    private TFilter? _filter;

    public ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken) =>
        (_filter ??= services.GetRequiredService<TFilter>()).PublishAsync(publication, next, cancellationToken);
}
