using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Queues, exchanges and bindings: checked before any I/O, declared on the consuming connection, remembered, and
/// declared again on the next one.
/// </summary>
internal sealed class BrokerTopology(BrokerOptions options, ILogger logger)
{
    private const ushort NotFound = 404;
    private const ushort Locked = 405;
    private static readonly string[] s_kinds =
        [ExchangeKind.Direct, ExchangeKind.Fanout, ExchangeKind.Topic, ExchangeKind.Headers];
    private static readonly Version s_delayedRetry = new(4, 3);
    private static readonly TimeSpan s_lockedRetry = TimeSpan.FromMilliseconds(200);

    private readonly TopologyLedger _ledger = new();

    // Completes when the queues that were locked on the newest connection are ours again.
    private volatile Task _restoring = Task.CompletedTask;
    private volatile TopologyException? _firstRefusal;

    /// <summary>What the broker refused first when all was declared on the newest connection; null where it refused nothing.</summary>
    public TopologyException? FirstRefusal => _firstRefusal;

    /// <summary>Takes up what shall be declared whenever there is a connection.</summary>
    public void Prepare(Action<TopologyLedger> declare) => declare(_ledger);

    /// <summary>The consuming connection. Set once, because it replays this topology before anyone gets it.</summary>
    public ConnectionSupervisor? Connections { private get; set; }

    /// <summary>A queue's declaration, checked.</summary>
    public static DeclaredQueue ToQueue(string name, QueueOptions? options)
    {
        Check.ShortString(name);
        var settings = (options ?? new QueueOptions()).Snapshot();
        if (name.Length == 0)
        {
            // A name of ours and not the broker's, so that it is the same after a reconnect, and so are its bindings.
            settings.Exclusive = true;
            name = GeneratedNames.Make();
        }
        else if (name.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"Queue names that begin with 'amq.' are the broker's own: choose another than '{name}'.", nameof(name));
        }

        settings.Validate(name);
        MessageCheck.ValidateTable(settings.Arguments, "QueueOptions.Arguments", 0);
        return new DeclaredQueue(name, settings);
    }

    /// <summary>An exchange's declaration, checked.</summary>
    public static DeclaredExchange ToExchange(string name, string kind, ExchangeOptions? options)
    {
        Check.NotEmpty(name);
        Check.NotEmpty(kind);
        var settings = (options ?? new ExchangeOptions()).Snapshot();
        Check.OptionalShortString(settings.AlternateExchange, nameof(ExchangeOptions.AlternateExchange));
        MessageCheck.ValidateTable(settings.Arguments, "ExchangeOptions.Arguments", 0);
        return new DeclaredExchange(name, kind, settings);
    }

    /// <summary>A binding, checked.</summary>
    public static Binding ToBinding(
        bool toQueue, string destination, string source, string routingKey, IReadOnlyDictionary<string, object?>? arguments)
    {
        // As the caller's arguments are called.
        var (to, from) = toQueue ? ("queue", "exchange") : (nameof(destination), nameof(source));
        Check.NotEmpty(destination, to);
        Check.ShortString(source, from);
        Check.ShortString(routingKey);
        if (source.Length == 0)
            throw new ArgumentException(
                "The default exchange cannot be bound: every queue is bound to it already, by its name.", from);
        var own = arguments is null ? [] : new Dictionary<string, object?>(arguments);
        MessageCheck.ValidateTable(own, "The arguments of a binding", 0);
        return new Binding(toQueue, destination, source, routingKey, own);
    }

    public async ValueTask<QueueInfo> DeclareQueueAsync(
        string name, QueueOptions? queueOptions, CancellationToken cancellationToken)
    {
        var queue = ToQueue(name, queueOptions);
        var info = await RunAsync(
            (live, token) => TopologyDeclarer.DeclareQueueAsync(live, queue, token),
            cancellationToken).ConfigureAwait(false);
        _ledger.Add(queue);
        return info;
    }

    public async ValueTask<QueueInfo?> FindQueueAsync(string name, CancellationToken cancellationToken)
    {
        Check.NotEmpty(name);
        return await RunAsync(
            (live, token) => TopologyDeclarer.FindQueueAsync(live, name, token), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<uint> DeleteQueueAsync(string name, bool ifUnused, bool ifEmpty, CancellationToken cancellationToken)
    {
        Check.NotEmpty(name);
        var type = _ledger.TypeOfQueue(name);
        if ((ifUnused || ifEmpty) && type is QueueType.Quorum or QueueType.Stream)
            throw new ArgumentException(
                $"Queue '{name}' is a {type} queue: RabbitMQ offers ifUnused and ifEmpty for classic queues only. "
                + "Look at FindQueueAsync, and delete without them.",
                nameof(ifUnused));
        // For another type of queue these two cost the whole connection (540): where the type is not
        // known, that shall be nobody's.
        Func<LiveConnection, CancellationToken, Task<uint>> delete =
            (live, token) => TopologyDeclarer.DeleteQueueAsync(live, name, ifUnused, ifEmpty, token);
        var count = (ifUnused || ifEmpty) && type is null
            ? await RunApartAsync(delete, cancellationToken).ConfigureAwait(false)
            : await RunAsync(delete, cancellationToken).ConfigureAwait(false);
        _ledger.RemoveQueue(name);
        return count;
    }

    public async ValueTask<uint> PurgeQueueAsync(string name, CancellationToken cancellationToken)
    {
        Check.NotEmpty(name);
        return await RunAsync(
            (live, token) => TopologyDeclarer.PurgeQueueAsync(live, name, token), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeclareExchangeAsync(
        string name, string kind, ExchangeOptions? exchangeOptions, CancellationToken cancellationToken)
    {
        var exchange = ToExchange(name, kind, exchangeOptions);
        Func<LiveConnection, CancellationToken, Task> declare =
            (live, token) => TopologyDeclarer.DeclareExchangeAsync(live, exchange, token);
        if (s_kinds.Contains(kind))
            await RunAsync(declare, cancellationToken).ConfigureAwait(false);
        else
            await RunApartAsync(declare, cancellationToken)
                .ConfigureAwait(false); // RabbitMQ 3.10 closes the connection over a type that it does not know
        if (!name.StartsWith("amq.", StringComparison.Ordinal))
            _ledger.Add(exchange);
    }

    public async ValueTask DeleteExchangeAsync(string name, bool ifUnused, CancellationToken cancellationToken)
    {
        Check.NotEmpty(name);
        await RunAsync(
            (live, token) => TopologyDeclarer.DeleteExchangeAsync(live, name, ifUnused, token),
            cancellationToken).ConfigureAwait(false);
        _ledger.RemoveExchange(name);
    }

    public async ValueTask BindAsync(Binding binding, CancellationToken cancellationToken)
    {
        await RunAsync(
            (live, token) => TopologyDeclarer.BindAsync(live, binding, token), cancellationToken).ConfigureAwait(false);
        _ledger.Add(binding);
    }

    public async ValueTask UnbindAsync(Binding binding, CancellationToken cancellationToken)
    {
        await RunAsync(
            (live, token) => TopologyDeclarer.UnbindAsync(live, binding, token), cancellationToken).ConfigureAwait(false);
        _ledger.Remove(binding);
    }

    /// <summary>
    /// Completes when what was declared is there, as far as a client can know. Both connections of a client are often
    /// lost together, and the consuming one, with which its exclusive queues go, may not have noticed: so it is asked,
    /// where there are such queues. Who declares nothing, and only publishes, has one connection and waits for none.
    /// </summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var connections = Connections ?? throw new InvalidOperationException("The topology has no connection yet.");
        if (_ledger.IsEmpty && connections.State == BrokerConnectionState.Idle)
            return;
        while (true)
        {
            var live = await connections.GetAsync(cancellationToken).ConfigureAwait(false);
            if (!_ledger.HasExclusiveQueues)
                return;
            try
            {
                await TopologyDeclarer.ProveAliveAsync(live, cancellationToken).ConfigureAwait(false);
                await _restoring.WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The connection went before its queues were free; the next one has them, or waits in its turn.
            }
            catch (BrokerConnectionException) when (live.Lost.IsCompleted)
            {
                // It was gone; the next one has declared them again.
            }
        }
    }

    /// <summary>The type that a queue was declared with here; null where it was not.</summary>
    public QueueType? TypeOf(string queue) => _ledger.TypeOfQueue(queue);

    /// <summary>Whether a queue was declared here as exclusive.</summary>
    public bool IsExclusive(string queue) => _ledger.OptionsOfQueue(queue) is { Exclusive: true };

    /// <summary>Whether a queue was declared here with a single active consumer.</summary>
    public bool IsSingleActive(string queue) => _ledger.OptionsOfQueue(queue) is { SingleActiveConsumer: true };

    /// <summary>
    /// Whether the broker itself waits before it delivers again what this queue gets back: declared so, here, and on a
    /// RabbitMQ that does not overlook it.
    /// </summary>
    public async ValueTask<bool> DelaysRetriesAsync(string queue, CancellationToken cancellationToken)
    {
        if (_ledger.OptionsOfQueue(queue) is not { DelayedRetry: not null })
            return false;
        var connections = Connections ?? throw new InvalidOperationException("The topology has no connection yet.");
        var live = await connections.GetAsync(cancellationToken).ConfigureAwait(false);
        return Version.TryParse(live.BrokerVersion.Split('-', '+')[0], out var version) && version >= s_delayedRetry;
    }

    /// <summary>Whether the queue was declared by this client, which therefore may declare it again.</summary>
    public bool Owns(string queue) => _ledger.HasQueue(queue);

    /// <summary>Declares a queue no more after reconnects.</summary>
    public void Forget(string queue) => _ledger.RemoveQueue(queue);

    /// <summary>Declares a queue of ours again, with its bindings, where it has gone.</summary>
    public Task RestoreQueueAsync(LiveConnection live, string queue, CancellationToken cancellationToken) =>
        DeclareAsync(live, _ledger.OfQueue(queue), cancellationToken);

    /// <summary>
    /// Declares all again on a new connection. What the broker refuses is logged, and nobody else waits for it.
    /// </summary>
    public async Task ReplayAsync(LiveConnection live, CancellationToken cancellationToken)
    {
        _restoring = Task.CompletedTask; // what an older connection waited for has ended with it
        if (await ReplayOnceAsync(live, cancellationToken).ConfigureAwait(false))
            return;
        var restoring = ReplayUntilUnlockedAsync(live);
        Bounded.ObserveLater(restoring);
        _restoring = restoring;
    }

    // An exclusive queue stays locked until the broker has noticed that its old connection is dead; what goes with it,
    // such as an auto-deleted exchange, may go after it was declared here. So all is declared once more when the lock
    // is gone.
    private async Task ReplayUntilUnlockedAsync(LiveConnection live)
    {
        do
        {
            await Task.Delay(s_lockedRetry, options.TimeProvider, live.Generation).ConfigureAwait(false);
        }
        while (!await ReplayOnceAsync(live, live.Generation).ConfigureAwait(false));
    }

    // False where a queue of ours is locked yet.
    private async Task<bool> ReplayOnceAsync(LiveConnection live, CancellationToken cancellationToken)
    {
        var all = _ledger.All();
        if (all.Exchanges.Count + all.Queues.Count + all.Bindings.Count == 0)
            return true;
        var locked = new HashSet<string>(StringComparer.Ordinal);
        _firstRefusal = null;
        foreach (var exchange in all.Exchanges)
            await TryAsync(TopologyDeclarer.DeclareExchangeAsync(live, exchange, cancellationToken)).ConfigureAwait(false);
        foreach (var queue in all.Queues)
        {
            var declaring = TopologyDeclarer.DeclareQueueAsync(live, queue, cancellationToken);
            if (await TryAsync(declaring).ConfigureAwait(false) == Locked)
                locked.Add(queue.Name);
        }

        foreach (var binding in all.Bindings)
        {
            if (!(binding.ToQueue && locked.Contains(binding.Destination)))
                await TryAsync(TopologyDeclarer.BindAsync(live, binding, cancellationToken)).ConfigureAwait(false);
        }

        Log.Replayed(logger, all.Exchanges.Count, all.Queues.Count, all.Bindings.Count);
        return locked.Count == 0;
    }

    private static async Task DeclareAsync(LiveConnection live, Topology topology, CancellationToken cancellationToken)
    {
        foreach (var queue in topology.Queues)
            await TopologyDeclarer.DeclareQueueAsync(live, queue, cancellationToken).ConfigureAwait(false);
        foreach (var binding in topology.Bindings)
            await TopologyDeclarer.BindAsync(live, binding, cancellationToken).ConfigureAwait(false);
    }

    // The broker's code where it refused; 0 where it did not. A lost connection passes through.
    private async Task<ushort> TryAsync(Task declaration)
    {
        try
        {
            await declaration.ConfigureAwait(false);
            return 0;
        }
        catch (TopologyException error)
        {
            if (error.ReplyCode != Locked)
            {
                _firstRefusal ??= error;
                Log.ReplayFailed(logger, error.Message);
            }

            return error.ReplyCode;
        }
    }

    private Task<bool> RunAsync(Func<LiveConnection, CancellationToken, Task> request, CancellationToken cancellationToken) =>
        RunAsync(WithAnswer(request), cancellationToken);

    private Task<bool> RunApartAsync(
        Func<LiveConnection, CancellationToken, Task> request, CancellationToken cancellationToken) =>
        RunApartAsync(WithAnswer(request), cancellationToken);

    private static Func<LiveConnection, CancellationToken, Task<bool>> WithAnswer(
        Func<LiveConnection, CancellationToken, Task> request) =>
        async (live, token) =>
        {
            await request(live, token).ConfigureAwait(false);
            return true;
        };

    // On a connection of its own, once the client has one: a refusal that closes it disturbs nobody.
    private Task<T> RunApartAsync<T>(
        Func<LiveConnection, CancellationToken, Task<T>> request, CancellationToken cancellationToken) =>
        RunAsync(
            async (_, token) =>
            {
                var apart = await Connections!.OpenExtraAsync(token).ConfigureAwait(false); // RunAsync has checked it
                await using (apart.ConfigureAwait(false))
                    return await request(apart, token).ConfigureAwait(false);
            },
            cancellationToken);

    // All of these requests say how things shall be, so that one whose connection was lost is simply made again.
    private async Task<T> RunAsync<T>(
        Func<LiveConnection, CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        var connections = Connections ?? throw new InvalidOperationException("The topology has no connection yet.");
        var began = options.TimeProvider.GetTimestamp();
        while (true)
        {
            var left = options.OperationTimeout - options.TimeProvider.GetElapsedTime(began);
            LiveConnection live;
            try
            {
                live = await connections.GetAsync(cancellationToken)
                    .WithinAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, options.TimeProvider, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (TimeoutException) when (connections.LastError is { } reason)
            {
                throw new BrokerConnectionException(
                    reason.Reason,
                    $"No connection for {options.OperationTimeout.TotalSeconds:0.#} s: {reason.Message}",
                    reason.ReplyCode, reason.ReplyText, reason);
            }
            catch (TimeoutException error)
            {
                throw new BrokerConnectionException(
                    ConnectionFailure.Timeout,
                    $"No connection for {options.OperationTimeout.TotalSeconds:0.#} s.",
                    innerException: error);
            }

            try
            {
                return await request(live, cancellationToken).ConfigureAwait(false);
            }
            catch (BrokerConnectionException error) when (error.Reason == ConnectionFailure.Lost && live.Lost.IsCompleted)
            {
                // Again, on the next connection.
            }
            catch (TopologyException missing) when (missing is { ReplyCode: NotFound, IsTransient: false })
            {
                throw new TopologyException(
                    $"{missing.Message} Declare it first, or check its name and the virtual host '{options.VirtualHost}'.",
                    isTransient: false, missing.ReplyCode, missing.ReplyText, missing);
            }
        }
    }
}
