using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Broker.Client.Hosting;

/// <summary>
/// Consumers whose handler gets many messages at a time, as <see cref="BatchExtensions"/> has it. Else as
/// <see cref="ConsumerBuilderExtensions"/>; the scope is that of the batch.
/// </summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone.")]
public static class BatchConsumerBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Made = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>
    /// Consumes a queue in batches, with handlers of this type. A message that cannot be decoded leaves its batch, which goes
    /// on without it.
    /// </summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <typeparam name="TMessage">What bodies are read as.</typeparam>
    /// <param name="builder">The broker.</param>
    /// <param name="queue">The queue; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareQueue"/>.</param>
    /// <param name="size">The most messages of a batch, from 1 to 65,535.</param>
    /// <param name="maxWait">How long the first message of a batch waits for more.</param>
    /// <param name="configure">Prefetch, concurrency, what becomes of messages whose handler throws.</param>
    /// <param name="contentType">The format of messages that name none; null means <c>application/json</c>.</param>
    public static IBrokerBuilder AddBatchConsumer<[DynamicallyAccessedMembers(Made)] THandler, TMessage>(
        this IBrokerBuilder builder, string queue, int size, TimeSpan maxWait, Action<ConsumerOptions>? configure = null,
        string? contentType = null)
        where THandler : class, IBatchHandler<TMessage>
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<THandler>();
        return ConsumerBuilderExtensions.Add(builder, queue, configure, async services =>
        {
            await services.MakeOnceAsync<THandler>().ConfigureAwait(false);
            var decoder = MessageSerializers.Of(services, builder.Key).DecoderFor<TMessage>(contentType);
            return Start(queue, services, size, maxWait, (scope, deliveries, token) =>
            {
                var messages = new TMessage[deliveries.Count];
                for (var index = 0; index < messages.Length; index++)
                    messages[index] = decoder.Decode(deliveries[index]);
                return scope.GetRequiredService<THandler>().HandleAsync(messages, deliveries, token);
            });
        }, takesBatches: true);
    }

    /// <summary>Consumes a queue in batches, with a delegate that gets the services of the batch's scope.</summary>
    /// <param name="builder">The broker.</param>
    /// <param name="queue">The queue; it must exist, or be declared by <see cref="BrokerBuilderExtensions.DeclareQueue"/>.</param>
    /// <param name="handler">Called with at least one delivery, in the order of the queue.</param>
    /// <param name="size">The most messages of a batch, from 1 to 65,535.</param>
    /// <param name="maxWait">How long the first message of a batch waits for more.</param>
    /// <param name="configure">Prefetch, concurrency, what becomes of messages whose handler throws.</param>
    public static IBrokerBuilder AddBatchConsumer(
        this IBrokerBuilder builder, string queue,
        Func<IServiceProvider, IReadOnlyList<Delivery>, CancellationToken, Task> handler, int size, TimeSpan maxWait,
        Action<ConsumerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return ConsumerBuilderExtensions.Add(
            builder, queue, configure, services => new(Start(queue, services, size, maxWait, handler)), takesBatches: true);
    }

    private static ConsumerStart Start(
        string queue, IServiceProvider services, int size, TimeSpan maxWait,
        Func<IServiceProvider, IReadOnlyList<Delivery>, CancellationToken, Task> handler)
    {
        var scopes = new HandlerScopes(services);
        return (client, options, token) => client.ConsumeBatchesAsync(
            queue, (deliveries, handling) => scopes.RunAsync(handler, deliveries, handling), size, maxWait, options, token);
    }
}
