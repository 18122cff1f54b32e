using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Broker.Client.Hosting;

/// <summary>
/// Consumers that begin when the host has started and end when it stops. They wait for a broker that is away, and live
/// through its restarts.
/// </summary>
/// <remarks>
/// <para>Each attempt at a message has a scope of its own, which is disposed of before the message is acknowledged: what a scope
/// still has to write, and fails to, counts as a handler that threw.</para>
/// <para>Options in code are the defaults of a consumer; what the configuration has below <c>Consumers:&lt;queue&gt;</c> of the
/// broker's section wins. <see cref="ConsumerOptions.DrainTimeout"/> is 25 seconds here, less than the 30 that a host takes
/// to stop by default; when the host's time is over, handlers are cancelled in any case.</para>
/// <para>A body is read by the serializer of its content type, as the type that is registered here, whatever the message
/// says of types. One that cannot be read is not tried again, and goes where
/// <see cref="ConsumerOptions.FailurePolicy"/> ends.</para>
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone.")]
public static class ConsumerBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Made = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>
    /// Consumes a queue with handlers of this type, made by the container: scoped, where it is not registered otherwise. One
    /// is made when the host starts, so that a dependency that is missing fails the start and not each message.
    /// </summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <typeparam name="TMessage">What bodies are read as; <c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/> of bytes and <see cref="string"/> take any.</typeparam>
    /// <param name="builder">The broker.</param>
    /// <param name="queue">The queue; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareQueue"/>.</param>
    /// <param name="configure">Prefetch, concurrency, what becomes of a message whose handler throws.</param>
    /// <param name="contentType">The format of messages that name none; null means <c>application/json</c>.</param>
    public static IBrokerBuilder AddConsumer<[DynamicallyAccessedMembers(Made)] THandler, TMessage>(
        this IBrokerBuilder builder, string queue, Action<ConsumerOptions>? configure = null, string? contentType = null)
        where THandler : class, IMessageHandler<TMessage>
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<THandler>();
        return Add(builder, queue, configure, async services =>
        {
            await services.MakeOnceAsync<THandler>().ConfigureAwait(false);
            return Start(queue, Typed<TMessage>(builder, services, contentType, Call<THandler, TMessage>));
        });
    }

    /// <summary>Consumes a queue with a delegate that gets the services of the message's scope.</summary>
    /// <inheritdoc cref="AddConsumer{THandler, TMessage}"/>
    public static IBrokerBuilder AddConsumer<TMessage>(
        this IBrokerBuilder builder, string queue, Func<IServiceProvider, TMessage, Delivery, CancellationToken, Task> handler,
        Action<ConsumerOptions>? configure = null, string? contentType = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(builder, queue, configure, services => new(Start(queue, Typed(builder, services, contentType, handler))));
    }

    /// <summary>Consumes a queue with a delegate that gets the services of the delivery's scope, and reads the body itself.</summary>
    /// <param name="builder">The broker.</param>
    /// <param name="queue">The queue; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareQueue"/>.</param>
    /// <param name="handler">Called for each attempt; as <see cref="IMessageHandler{TMessage}.HandleAsync"/>.</param>
    /// <param name="configure">Prefetch, concurrency, what becomes of a message whose handler throws.</param>
    public static IBrokerBuilder AddConsumer(
        this IBrokerBuilder builder, string queue, Func<IServiceProvider, Delivery, CancellationToken, Task> handler,
        Action<ConsumerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(builder, queue, configure, services =>
        {
            var scopes = new HandlerScopes(services);
            return new(Start(queue, (delivery, handling) => scopes.RunAsync(handler, delivery, handling)));
        });
    }

    internal static IBrokerBuilder Add(
        IBrokerBuilder builder, string queue, Action<ConsumerOptions>? configure, Func<IServiceProvider, ValueTask<ConsumerStart>> prepare,
        bool takesBatches = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(queue);
        BrokerRegistration.Add(builder);
        builder.Services.AddSingleton(new ConsumerRegistration(builder.Key, queue, configure, prepare, takesBatches));
        return builder;
    }

    /// <summary>Makes a handler, to see whether it can be made.</summary>
    internal static async ValueTask MakeOnceAsync<THandler>(this IServiceProvider services)
        where THandler : class
    {
        var scope = services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
            _ = scope.ServiceProvider.GetRequiredService<THandler>();
    }

    /// <summary>Has the handler of this type handle it.</summary>
    internal static Task Call<THandler, TMessage>(
        IServiceProvider scope, TMessage message, Delivery delivery, CancellationToken cancellationToken)
        where THandler : class, IMessageHandler<TMessage> =>
        scope.GetRequiredService<THandler>().HandleAsync(message, delivery, cancellationToken);

    /// <summary>Reads the body, and calls the handler in the scope of the attempt.</summary>
    internal static Func<Delivery, CancellationToken, Task> Typed<TMessage>(
        IBrokerBuilder builder, IServiceProvider services, string? contentType,
        Func<IServiceProvider, TMessage, Delivery, CancellationToken, Task> handler)
    {
        var scopes = new HandlerScopes(services);
        var decoder = MessageSerializers.Of(services, builder.Key).DecoderFor<TMessage>(contentType);
        return (delivery, handling) => scopes.RunAsync(HandleAsync, (decoder.Decode(delivery), delivery), handling);

        Task HandleAsync(IServiceProvider scope, (TMessage Message, Delivery Delivery) what, CancellationToken token) =>
            handler(scope, what.Message, what.Delivery, token);
    }

    private static ConsumerStart Start(string queue, Func<Delivery, CancellationToken, Task> handler) =>
        (client, options, token) => client.ConsumeAsync(queue, handler, options, token);
}
