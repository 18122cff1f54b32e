using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>Publishers that know where messages of a type go.</summary>
public static class PublisherBuilderExtensions
{
    /// <summary>
    /// Registers an <see cref="IPublisher{TMessage}"/>, under the broker's key where it has one. To a queue it publishes by
    /// the default exchange: <c>AddPublisher&lt;Order&gt;("", "orders")</c>.
    /// </summary>
    /// <param name="builder">The broker.</param>
    /// <param name="exchange">The exchange; empty for the default one.</param>
    /// <param name="routingKey">The routing key, empty by default; for the default exchange the name of a queue.</param>
    /// <param name="configure">Whether messages are mandatory, their content type, a routing key by message.</param>
    /// <exception cref="InvalidOperationException">The broker has a publisher of this type already.</exception>
    public static IBrokerBuilder AddPublisher<TMessage>(
        this IBrokerBuilder builder, string exchange, string routingKey = "",
        Action<TypedPublisherOptions<TMessage>>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(routingKey);
        BrokerRegistration.Add(builder);
        var (services, key) = (builder.Services, builder.Key);
        if (services.Any(service => service is { IsKeyedService: false, ImplementationInstance: PublisherRegistration other }
            && other.MessageType == typeof(TMessage) && Equals(other.Key, key)))
            throw new InvalidOperationException(
                $"The broker has a publisher of {typeof(TMessage)} already. Let its {nameof(TypedPublisherOptions<TMessage>.RoutingKey)} "
                + "tell messages apart, or publish the others by IPublisher.");
        if (key is null)
            services.AddSingleton(provider => Make(provider, provider.GetRequiredService<IPublisher>()));
        else
            services.AddKeyedSingleton(key, (provider, own) => Make(provider, provider.GetRequiredKeyedService<IPublisher>(own)));
        services.AddSingleton(new PublisherRegistration(key, typeof(TMessage), provider => _ = key is null
            ? provider.GetRequiredService<IPublisher<TMessage>>()
            : provider.GetRequiredKeyedService<IPublisher<TMessage>>(key)));
        return builder;

        IPublisher<TMessage> Make(IServiceProvider provider, IPublisher publisher)
        {
            var options = new TypedPublisherOptions<TMessage>();
            configure?.Invoke(options);
            return new TypedPublisher<TMessage>(
                publisher, MessageSerializers.Of(provider, key).EncoderFor<TMessage>(options.ContentType), exchange, routingKey,
                options with { });
        }
    }
}
