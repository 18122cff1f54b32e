using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Broker.Client.Hosting;

/// <summary>
/// Subscribers of streams that begin when the host has started and end when it stops, with their position stored. Else as
/// <see cref="ConsumerBuilderExtensions"/>.
/// </summary>
/// <remarks>
/// What the configuration has below <c>Consumers:&lt;stream&gt;</c> is that of all subscribers of the stream, and wins over the code: of
/// <see cref="ConsumerOptions"/> what <see cref="StreamSubscriptionOptions"/> has too, and <c>StreamOffset</c>, which is where to begin.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone.")]
public static class SubscriberBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Made = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>
    /// Subscribes to a stream with handlers of this type, made by the container: scoped, where it is not registered otherwise. What cannot
    /// be decoded is parked in <c>&lt;stream&gt;.&lt;subscriber&gt;.failed</c> at once.
    /// </summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <typeparam name="TMessage">What bodies are read as; <c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/> of bytes and <see cref="string"/> take any.</typeparam>
    /// <param name="builder">The broker.</param>
    /// <param name="stream">The stream; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareStream"/>.</param>
    /// <param name="subscriber">The name that its position is stored under.</param>
    /// <param name="configure">Where to begin, where the position is kept, order, what becomes of an event whose handler throws.</param>
    /// <param name="contentType">The format of events that name none; null means <c>application/json</c>.</param>
    public static IBrokerBuilder AddSubscriber<[DynamicallyAccessedMembers(Made)] THandler, TMessage>(
        this IBrokerBuilder builder, string stream, string subscriber, Action<StreamSubscriptionOptions>? configure = null,
        string? contentType = null)
        where THandler : class, IMessageHandler<TMessage>
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<THandler>();
        return Add(builder, stream, subscriber, configure, async services =>
        {
            await services.MakeOnceAsync<THandler>().ConfigureAwait(false);
            return ConsumerBuilderExtensions.Typed<TMessage>(
                builder, services, contentType, ConsumerBuilderExtensions.Call<THandler, TMessage>);
        });
    }

    /// <summary>Subscribes to a stream with a delegate that gets the services of the event's scope.</summary>
    /// <inheritdoc cref="AddSubscriber{THandler, TMessage}"/>
    public static IBrokerBuilder AddSubscriber<TMessage>(
        this IBrokerBuilder builder, string stream, string subscriber,
        Func<IServiceProvider, TMessage, Delivery, CancellationToken, Task> handler, Action<StreamSubscriptionOptions>? configure = null,
        string? contentType = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(
            builder, stream, subscriber, configure,
            services => new(ConsumerBuilderExtensions.Typed(builder, services, contentType, handler)));
    }

    /// <summary>Subscribes to a stream with a delegate that gets the services of the event's scope, and reads the body itself.</summary>
    /// <param name="builder">The broker.</param>
    /// <param name="stream">The stream; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareStream"/>.</param>
    /// <param name="subscriber">The name that its position is stored under.</param>
    /// <param name="handler">Called for each attempt; as <see cref="IMessageHandler{TMessage}.HandleAsync"/>.</param>
    /// <param name="configure">Where to begin, where the position is kept, order, what becomes of an event whose handler throws.</param>
    public static IBrokerBuilder AddSubscriber(
        this IBrokerBuilder builder, string stream, string subscriber, Func<IServiceProvider, Delivery, CancellationToken, Task> handler,
        Action<StreamSubscriptionOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(builder, stream, subscriber, configure, services =>
        {
            var scopes = new HandlerScopes(services);
            return new((delivery, handling) => scopes.RunAsync(handler, delivery, handling));
        });
    }

    private static IBrokerBuilder Add(
        IBrokerBuilder builder, string stream, string subscriber, Action<StreamSubscriptionOptions>? configure,
        Func<IServiceProvider, ValueTask<Func<Delivery, CancellationToken, Task>>> prepare)
    {
        ArgumentException.ThrowIfNullOrEmpty(subscriber);
        return ConsumerBuilderExtensions.Add(
            builder, stream, consumer => Options(consumer).CopyTo(consumer),
            async services =>
            {
                var handler = await prepare(services).ConfigureAwait(false);
                return async (client, consumer, token) =>
                {
                    var options = Options(consumer);
                    options.Take(consumer);
                    return (await client.SubscribeAsync(stream, subscriber, handler, options, token).ConfigureAwait(false)).Consumer;
                };
            });

        StreamSubscriptionOptions Options(ConsumerOptions defaults)
        {
            var options = new StreamSubscriptionOptions { DrainTimeout = defaults.DrainTimeout };
            configure?.Invoke(options);
            return options;
        }
    }

    private static void CopyTo(this StreamSubscriptionOptions options, ConsumerOptions consumer)
    {
        consumer.Prefetch = options.Prefetch;
        consumer.Concurrency = options.Concurrency;
        consumer.OrderingKey = options.OrderingKey;
        consumer.FailurePolicy = options.FailurePolicy;
        consumer.HandlerTimeout = options.HandlerTimeout;
        consumer.DrainTimeout = options.DrainTimeout;
        consumer.Filters = [.. options.Filters];
    }

    private static void Take(this StreamSubscriptionOptions options, ConsumerOptions consumer)
    {
        options.Prefetch = consumer.Prefetch ?? options.Prefetch;
        options.Concurrency = consumer.Concurrency;
        options.OrderingKey = consumer.OrderingKey;
        options.FailurePolicy = consumer.FailurePolicy;
        options.HandlerTimeout = consumer.HandlerTimeout;
        options.DrainTimeout = consumer.DrainTimeout;
        options.Filters = consumer.Filters;
        options.From = consumer.StreamOffset ?? options.From;
    }
}
