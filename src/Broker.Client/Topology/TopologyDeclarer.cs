using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>Declarations, bindings and look-ups as requests of the driver, each on the connection's control channel.</summary>
internal static class TopologyDeclarer
{
    public static async Task<QueueInfo> DeclareQueueAsync(
        LiveConnection connection, DeclaredQueue queue, CancellationToken cancellationToken)
    {
        var options = queue.Options;
        try
        {
            var ok = await connection.Control.RunAsync(
                $"Declaring queue '{queue.Name}'",
                channel => channel.QueueDeclareAsync(
                    queue.Name, options.Durable, options.Exclusive, options.AutoDelete,
                    AmqpTable.ToDriver(options.ToArguments()), passive: false, noWait: false),
                cancellationToken).ConfigureAwait(false);
            return new QueueInfo(ok.QueueName, ok.MessageCount, ok.ConsumerCount);
        }
        catch (TopologyException refused) when (DeclarationMismatch.Explain("queue", queue.Name, refused) is { } explained)
        {
            throw explained;
        }
    }

    public static async Task<QueueInfo?> FindQueueAsync(
        LiveConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            var ok = await connection.Control.RunAsync(
                $"Looking up queue '{name}'",
                channel => channel.QueueDeclarePassiveAsync(name),
                cancellationToken).ConfigureAwait(false);
            return new QueueInfo(ok.QueueName, ok.MessageCount, ok.ConsumerCount);
        }
        catch (TopologyException missing) when (missing is { ReplyCode: 404, IsTransient: false })
        {
            return null;
        }
    }

    public static Task<uint> DeleteQueueAsync(
        LiveConnection connection, string name, bool ifUnused, bool ifEmpty, CancellationToken cancellationToken) =>
        connection.Control.RunAsync(
            $"Deleting queue '{name}'", channel => channel.QueueDeleteAsync(name, ifUnused, ifEmpty), cancellationToken);

    public static Task<uint> PurgeQueueAsync(LiveConnection connection, string name, CancellationToken cancellationToken) =>
        connection.Control.RunAsync($"Purging queue '{name}'", channel => channel.QueuePurgeAsync(name), cancellationToken);

    public static async Task DeclareExchangeAsync(
        LiveConnection connection, DeclaredExchange exchange, CancellationToken cancellationToken)
    {
        var options = exchange.Options;
        try
        {
            await connection.Control.RunAsync(
                $"Declaring exchange '{exchange.Name}'",
                async channel =>
                {
                    if (options.Internal)
                        connection.DeclareNextExchangeAsInternal(channel);
                    await channel.ExchangeDeclareAsync(
                        exchange.Name, exchange.Kind, options.Durable, options.AutoDelete,
                        AmqpTable.ToDriver(options.ToArguments()), passive: false, noWait: false).ConfigureAwait(false);
                    return options.Internal && !connection.InternalExchangePassed
                        ? throw new TopologyException(
                            $"Exchange '{exchange.Name}' was declared, but not as internal: "
                            + "this version of the driver writes the declaration in a way that is not known here.",
                            isTransient: false, 0, null)
                        : true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (TopologyException refused) when (DeclarationMismatch.Explain("exchange", exchange.Name, refused) is { } explained)
        {
            throw explained;
        }
    }

    public static async Task<bool> ExchangeExistsAsync(
        LiveConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.Control.RunAsync(
                $"Looking up exchange '{name}'",
                async channel =>
                {
                    await channel.ExchangeDeclarePassiveAsync(name).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (TopologyException missing) when (missing is { ReplyCode: 404, IsTransient: false })
        {
            return false;
        }
    }

    /// <summary>A request that any broker answers and that changes nothing.</summary>
    public static Task ProveAliveAsync(LiveConnection connection, CancellationToken cancellationToken) =>
        RunAsync(
            connection,
            "Asking whether the connection is alive",
            channel => channel.BasicQosAsync(0, 0, global: false),
            cancellationToken);

    public static Task DeleteExchangeAsync(
        LiveConnection connection, string name, bool ifUnused, CancellationToken cancellationToken) =>
        RunAsync(
            connection, $"Deleting exchange '{name}'", channel => channel.ExchangeDeleteAsync(name, ifUnused), cancellationToken);

    public static Task BindAsync(LiveConnection connection, Binding binding, CancellationToken cancellationToken) =>
        RunAsync(
            connection,
            $"Binding '{binding.Destination}' to exchange '{binding.Source}' with key '{binding.RoutingKey}'",
            channel => binding.ToQueue
                ? channel.QueueBindAsync(
                    binding.Destination, binding.Source, binding.RoutingKey, AmqpTable.ToDriver(binding.Arguments))
                : channel.ExchangeBindAsync(
                    binding.Destination, binding.Source, binding.RoutingKey, AmqpTable.ToDriver(binding.Arguments)),
            cancellationToken);

    public static Task UnbindAsync(LiveConnection connection, Binding binding, CancellationToken cancellationToken) =>
        RunAsync(
            connection,
            $"Unbinding '{binding.Destination}' from exchange '{binding.Source}' with key '{binding.RoutingKey}'",
            channel => binding.ToQueue
                ? channel.QueueUnbindAsync(
                    binding.Destination, binding.Source, binding.RoutingKey, AmqpTable.ToDriver(binding.Arguments))
                : channel.ExchangeUnbindAsync(
                    binding.Destination, binding.Source, binding.RoutingKey, AmqpTable.ToDriver(binding.Arguments)),
            cancellationToken);

    private static Task<bool> RunAsync(
        LiveConnection connection, string doing, Func<IChannel, Task> request, CancellationToken cancellationToken) =>
        connection.Control.RunAsync(
            doing,
            async channel =>
            {
                await request(channel).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
}
