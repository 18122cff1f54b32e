using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>The filters of one broker that the container makes.</summary>
internal sealed class BrokerFilters(object? key, IServiceProvider services)
{
    private readonly ConsumeFilterRegistration[] _consuming =
        [.. services.GetServices<ConsumeFilterRegistration>().Where(filter => Equals(filter.Key, key))];

    /// <summary>Makes one of each, to see whether they can be made.</summary>
    /// <exception cref="InvalidOperationException">One cannot; or it could not stand around the batches of a consumer.</exception>
    public async Task CheckAsync(IEnumerable<ConsumerRegistration> consumers)
    {
        foreach (var filter in services.GetServices<PublishFilterRegistration>().Where(filter => Equals(filter.Key, key)))
            filter.Check(services);
        var scope = services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            foreach (var filter in _consuming)
                _ = filter.Resolve(scope.ServiceProvider);
        }

        if (Array.Find(_consuming, static filter => !filter.FilterType.IsAssignableTo(typeof(IBatchFilter))) is { } single
            && consumers.FirstOrDefault(static consumer => consumer.TakesBatches) is { } batches)
            throw new InvalidOperationException(
                $"{single.FilterType} stands around single messages, and the consumer of '{batches.Queue}' takes batches, which would pass "
                + $"it by. Have it be an {nameof(IBatchFilter)} too.");
    }

    /// <summary>Puts them where they belong among those of a consumer's options.</summary>
    public void AddTo(ConsumerOptions options)
    {
        if (services.GetServices<DeduplicationRegistration>().Any(each => Equals(each.Key, key)))
            options.Filters = [new DeduplicationFilter(services.GetRequiredService<IDeduplicator>()), .. options.Filters];
        if (_consuming.Length > 0)
            options.Filters = [.. options.Filters, new ScopedFilters(services.GetRequiredService<IServiceScopeFactory>(), _consuming)];
    }
}
