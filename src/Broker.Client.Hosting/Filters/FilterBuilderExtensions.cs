using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>
/// Filters of a broker, made by the container. They stand in the order of their registration, the first outermost, and within
/// those that the options name (<see cref="PublisherOptions.Filters"/>, <see cref="ConsumerOptions.Filters"/>). One of each is
/// made when the host starts, so that a dependency that is missing fails the start.
/// </summary>
public static class FilterBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Made = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>
    /// Has a filter stand around everything that the broker's client publishes: a singleton, where it is not registered
    /// otherwise, made at the first publish; it may depend on the client.
    /// </summary>
    public static IBrokerBuilder AddPublishFilter<[DynamicallyAccessedMembers(Made)] TFilter>(this IBrokerBuilder builder)
        where TFilter : class, IPublishFilter
    {
        BrokerRegistration.Add(builder);
        var (services, name) = (builder.Services, builder.Name);
        services.TryAddSingleton<TFilter>();
        services.AddSingleton(new PublishFilterRegistration(
            builder.Key, static provider => _ = provider.GetRequiredService<TFilter>()));
        services.AddSingleton<IPostConfigureOptions<BrokerOptions>>(provider => new PostConfigureOptions<BrokerOptions>(
            name,
            options => options.Publisher = options.Publisher with
            {
                Filters = [.. options.Publisher.Filters, new ResolvedPublishFilter<TFilter>(provider)],
            }));
        return builder;
    }

    /// <summary>
    /// Has a filter stand around every handler of the broker's consumers, those too that were added before: scoped, where it is
    /// not registered otherwise, and of the same scope as the handler. Batches want one that is an <see cref="IBatchFilter"/>.
    /// </summary>
    /// <exception cref="ArgumentException">It is <see cref="DeduplicationFilter"/>: use <see cref="AddDeduplication"/>.</exception>
    public static IBrokerBuilder AddConsumeFilter<[DynamicallyAccessedMembers(Made)] TFilter>(this IBrokerBuilder builder)
        where TFilter : class, IConsumeFilter
    {
        if (typeof(TFilter) == typeof(DeduplicationFilter))
            throw new ArgumentException(
                $"Within the scope of its handler a message would be remembered before the scope has ended, which may fail. Use {nameof(AddDeduplication)}.");
        BrokerRegistration.Add(builder);
        builder.Services.TryAddScoped<TFilter>();
        builder.Services.AddSingleton(new ConsumeFilterRegistration(
            builder.Key, typeof(TFilter), static scope => scope.GetRequiredService<TFilter>()));
        return builder;
    }

    /// <summary>
    /// Has a <see cref="DeduplicationFilter"/> stand around everything else, scopes and other filters included: a message is
    /// remembered when its scope has ended well. By the <see cref="IDeduplicator"/> of the services, a singleton, and where there is
    /// none by one <see cref="InMemoryDeduplicator"/>.
    /// </summary>
    public static IBrokerBuilder AddDeduplication(this IBrokerBuilder builder)
    {
        BrokerRegistration.Add(builder);
        builder.Services.TryAddSingleton<IDeduplicator>(
            static provider => new InMemoryDeduplicator(timeProvider: provider.GetService<TimeProvider>()));
        builder.Services.AddSingleton(new DeduplicationRegistration(builder.Key));
        return builder;
    }
}
