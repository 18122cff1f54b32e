using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client;

/// <summary>
/// A client of a RabbitMQ broker: declares, publishes and consumes, over connections that it keeps up by itself. Make
/// one for an application and share it: every member may be called from any thread.
/// </summary>
/// <remarks>
/// It uses two connections, because a broker short of memory stops reading from one that publishes, and
/// acknowledgements must go on: the consuming one, on which queues and exchanges are declared too, and the publishing
/// one, opened at the first publish or call.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "ConnectAsync takes a URI or options, which cannot be taken for each other.")]
public sealed class BrokerClient : IPublisher, IAsyncDisposable
{
    private readonly BrokerOptions _options;
    private readonly ConnectionSupervisor _consuming;
    private readonly ConnectionSupervisor _publishing;
    private readonly StateWatch _state;
    private readonly BrokerTopology _topology;
    private readonly Publisher _publisher;
    private readonly Fetcher _fetcher;
    private readonly Reader _reader;

    private readonly RunningConsumers _consumers = new();
    private readonly Lock _lock = new();
    private Task? _disposing;

    /// <summary>A client that connects at its first use, and keeps trying until then. Does no I/O.</summary>
    /// <exception cref="FormatException">The URI is not valid.</exception>
    public BrokerClient(string uri)
        : this(BrokerOptions.Parse(uri))
    {
    }

    /// <summary>A client that connects at its first use, and keeps trying until then. Does no I/O.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public BrokerClient(BrokerOptions options)
        : this(options, [])
    {
    }

    internal BrokerClient(BrokerOptions options, IEnumerable<DeclaredTopology> declared)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Freeze();
        var logger = new SafeLogger((_options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(Log.Category));
        _state = new StateWatch(logger) { Sender = this };
        _topology = new BrokerTopology(_options, logger);
        _consuming = new ConnectionSupervisor(_options, "consuming", new Random(), logger, _topology.ReplayAsync, OnStateChanged);
        _publishing = new ConnectionSupervisor(_options, "publishing", new Random(), logger, onConnected: null, OnStateChanged) { Leader = _consuming };
        _state.Watch(_consuming, _publishing);
        _topology.Connections = _consuming;
        foreach (var each in declared)
            _topology.Prepare(each.Declare);
        _publisher = new Publisher(_options, _publishing, _topology.WaitUntilReadyAsync, logger);
        Caller = new RpcClient(_options, _publishing, _topology.WaitUntilReadyAsync, new Random(), logger);
        ConsumingContext = new ConsumingContext(
            _options, _consuming, _topology, new Parking(_publisher, _topology, _options.TimeProvider),
            new RetryQueues(_publisher, _topology, _options.TimeProvider), new ConsumerTags(),
            new QueueLooks(_topology, _options.TimeProvider), static () => new Random(), logger);
        _fetcher = new Fetcher(ConsumingContext);
        _reader = new Reader(ConsumingContext);
        foreach (var endpoint in ClearText.Exposed(_options))
            Log.ClearTextPassword(logger, endpoint);
    }

    /// <summary>
    /// Told after every change of <see cref="State"/>, in order, on a thread of the pool. A subscriber that comes late reads
    /// <see cref="State"/> first.
    /// </summary>
    public event EventHandler<BrokerStateChangedEventArgs>? StateChanged
    {
        add => _state.Changed += value;
        remove => _state.Changed -= value;
    }

    /// <summary>How the client stands with its broker: the worse of its open connections.</summary>
    public BrokerConnectionState State => _state.State;

    /// <summary>What the broker refused first when all was declared on the newest connection; null where it refused nothing.</summary>
    public TopologyException? RefusedDeclaration => _topology.FirstRefusal;

    /// <summary>
    /// How many replies came for which no call waited: after its timeout or cancellation, or a second one. Dropped.
    /// </summary>
    public long LateReplies => Caller.LateReplies;

    /// <summary>
    /// The consumers that run, those of <see cref="ServeExtensions"/> too: for a look at their <see cref="Consumer.Status"/>.
    /// </summary>
    public IReadOnlyList<Consumer> Consumers => _consumers.All;

    internal RpcClient Caller { get; }

    internal ConsumingContext ConsumingContext { get; }

    /// <summary>A client that is connected.</summary>
    /// <param name="uri">For instance <c>amqp://guest:guest@localhost</c>; see <see cref="BrokerOptions.Parse"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException">The URI is not valid.</exception>
    /// <exception cref="BrokerConnectionException">
    /// As in <see cref="ConnectAsync(BrokerOptions, CancellationToken)"/>.
    /// </exception>
    public static Task<BrokerClient> ConnectAsync(string uri, CancellationToken cancellationToken = default) =>
        ConnectAsync(BrokerOptions.Parse(uri), cancellationToken);

    /// <summary>
    /// A client that is connected: login, virtual host and permission are proven. A host that does not answer is tried
    /// again until <see cref="BrokerOptions.ConnectDeadline"/>.
    /// </summary>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="BrokerConnectionException">
    /// The broker refused, at once, or could not be reached in time;
    /// <see cref="BrokerConnectionException.Reason"/> says which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public static async Task<BrokerClient> ConnectAsync(BrokerOptions options, CancellationToken cancellationToken = default)
    {
        var client = new BrokerClient(options);
        try
        {
            client._consuming.RoundsBeforeTelling = client._options.ConnectAttempts;
            await client._consuming.GetInTimeAsync(cancellationToken).ConfigureAwait(false);
            client._consuming.RoundsBeforeTelling = null;
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Connects now, and not at the first use; completes when what the client was registered with is declared. Later attempts
    /// go on, also after an error here.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; the attempts go on.</param>
    /// <exception cref="BrokerConnectionException">
    /// The broker refused, or could not be reached within <see cref="BrokerOptions.ConnectDeadline"/>.
    /// </exception>
    /// <exception cref="TopologyException">The broker refused a declaration, on this connection: the first one that it did.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken = default)
    {
        await _consuming.GetInTimeAsync(cancellationToken).ConfigureAwait(false);
        if (_topology.FirstRefusal is { } refusal)
            throw new TopologyException(refusal.Message, refusal.IsTransient, refusal.ReplyCode, refusal.ReplyText, refusal);
    }

    /// <summary>Declares a queue, and again after every reconnect.</summary>
    /// <param name="name">Its name; empty makes a unique one, and the queue exclusive to this client.</param>
    /// <param name="options">How; by default durable, and a quorum queue.</param>
    /// <param name="cancellationToken">Stops the waiting; the declaration may still take place.</param>
    /// <returns>Its name and how many messages and consumers it has.</returns>
    /// <exception cref="ArgumentException">The options contradict each other, or would lose messages.</exception>
    /// <exception cref="TopologyException">
    /// The broker refused; where the queue exists with other properties (406), the message holds
    /// the line that matches it.
    /// </exception>
    /// <exception cref="BrokerConnectionException">No connection within <see cref="BrokerOptions.OperationTimeout"/>.</exception>
    public ValueTask<QueueInfo> DeclareQueueAsync(
        string name = "", QueueOptions? options = null, CancellationToken cancellationToken = default) =>
        _topology.DeclareQueueAsync(name, options, cancellationToken);

    /// <summary>Looks a queue up (a passive declare); null where there is none.</summary>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask<QueueInfo?> FindQueueAsync(string name, CancellationToken cancellationToken = default) =>
        _topology.FindQueueAsync(name, cancellationToken);

    /// <summary>Deletes a queue with its messages; one that does not exist is no error.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ifUnused">Refuse (406) while it has consumers. For classic queues only.</param>
    /// <param name="ifEmpty">Refuse (406) while it has messages. For classic queues only.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>How many messages went with it.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="ifUnused"/> or <paramref name="ifEmpty"/> for a queue that was declared here with another type.
    /// </exception>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask<uint> DeleteQueueAsync(
        string name, bool ifUnused = false, bool ifEmpty = false, CancellationToken cancellationToken = default) =>
        _topology.DeleteQueueAsync(name, ifUnused, ifEmpty, cancellationToken);

    /// <summary>Removes the ready messages of a queue; those under way to a consumer stay.</summary>
    /// <returns>How many were removed.</returns>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask<uint> PurgeQueueAsync(string name, CancellationToken cancellationToken = default) =>
        _topology.PurgeQueueAsync(name, cancellationToken);

    /// <summary>Binds a queue to an exchange, and again after every reconnect.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="routingKey">Key or pattern; empty by default, which fanout and headers exchanges ignore.</param>
    /// <param name="arguments">For a headers exchange, what to match, and <c>x-match</c>.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="BrokerException">
    /// Queue or exchange do not exist (404), the broker refused, or there is no connection.
    /// </exception>
    public ValueTask BindQueueAsync(
        string queue, string exchange, string routingKey = "", IReadOnlyDictionary<string, object?>? arguments = null,
        CancellationToken cancellationToken = default) =>
        _topology.BindAsync(BrokerTopology.ToBinding(toQueue: true, queue, exchange, routingKey, arguments), cancellationToken);

    /// <summary>Removes a binding of a queue; it must be named as it was made, with its arguments.</summary>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask UnbindQueueAsync(
        string queue, string exchange, string routingKey = "", IReadOnlyDictionary<string, object?>? arguments = null,
        CancellationToken cancellationToken = default) =>
        _topology.UnbindAsync(BrokerTopology.ToBinding(toQueue: true, queue, exchange, routingKey, arguments), cancellationToken);

    /// <summary>Declares an exchange, and again after every reconnect.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">Its type: one of <see cref="ExchangeKind"/>, or a plugin's.</param>
    /// <param name="options">How; durable by default.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="TopologyException">
    /// The broker refused; where the exchange exists with other properties (406), the message
    /// holds the line that matches it.
    /// </exception>
    /// <exception cref="BrokerConnectionException">No connection within <see cref="BrokerOptions.OperationTimeout"/>.</exception>
    public ValueTask DeclareExchangeAsync(
        string name, string kind = ExchangeKind.Direct, ExchangeOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _topology.DeclareExchangeAsync(name, kind, options, cancellationToken);

    /// <summary>Deletes an exchange with its bindings; one that does not exist is no error.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="ifUnused">Refuse (406) while it has bindings.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask DeleteExchangeAsync(string name, bool ifUnused = false, CancellationToken cancellationToken = default) =>
        _topology.DeleteExchangeAsync(name, ifUnused, cancellationToken);

    /// <summary>Binds an exchange to another, from which it then gets messages, and again after every reconnect.</summary>
    /// <param name="destination">The exchange that gets them.</param>
    /// <param name="source">The exchange that they are published to.</param>
    /// <param name="routingKey">Key or pattern.</param>
    /// <param name="arguments">For a headers exchange, what to match, and <c>x-match</c>.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="BrokerException">
    /// An exchange does not exist (404), the broker refused, or there is no connection.
    /// </exception>
    public ValueTask BindExchangeAsync(
        string destination, string source, string routingKey = "",
        IReadOnlyDictionary<string, object?>? arguments = null, CancellationToken cancellationToken = default) =>
        _topology.BindAsync(
            BrokerTopology.ToBinding(toQueue: false, destination, source, routingKey, arguments), cancellationToken);

    /// <summary>Removes a binding between exchanges; it must be named as it was made, with its arguments.</summary>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public ValueTask UnbindExchangeAsync(
        string destination, string source, string routingKey = "",
        IReadOnlyDictionary<string, object?>? arguments = null, CancellationToken cancellationToken = default) =>
        _topology.UnbindAsync(
            BrokerTopology.ToBinding(toQueue: false, destination, source, routingKey, arguments), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _publisher.PublishAsync(exchange, routingKey, message, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PublishResult> TryPublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _publisher.TryPublishAsync(exchange, routingKey, message, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PublishResult> SendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _publisher.SendAsync(queue, message, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PublishResult> TrySendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        _publisher.TrySendAsync(queue, message, options, cancellationToken);

    /// <inheritdoc/>
    public Task<long> PublishManyAsync(
        IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default) =>
        _publisher.PublishManyAsync(publications, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<PublishResult> TryPublishManyAsync(
        IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default) =>
        _publisher.TryPublishManyAsync(publications, cancellationToken);

    /// <summary>
    /// Consumes a queue with a handler. Completes when the broker has accepted the consumer; handlers run
    /// until it is stopped or disposed. A handler that ends the process has its message delivered again: a quorum queue
    /// counts that, and at 15 it is put aside; a classic queue does not, and the log warns of it.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="handler">
    /// Called for each message, up to <see cref="ConsumerOptions.Concurrency"/> at a time. Its token fires when the
    /// channel of the message is lost (the message comes again) and when a stop has waited for the drain time.
    /// </param>
    /// <param name="options">Ack mode, prefetch, concurrency, what becomes of a message whose handler throws.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="ConsumerException">There is no such queue, or the broker refused.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    public ValueTask<Consumer> ConsumeAsync(
        string queue, Func<Delivery, CancellationToken, Task> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return StartConsumerAsync(
            queue, (delivery, token) => new ValueTask(handler(delivery, token)), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// A queue as an asynchronous sequence, with a verdict by the caller (<see cref="AckMode.Manual"/>). Survives
    /// reconnects. Leaving the loop cancels the consumer and hands back what has no verdict.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="options">
    /// Prefetch and the like; the ack mode must be left alone or <see cref="AckMode.Manual"/>, and filters are refused.
    /// </param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ConsumerException">There is no such queue, or it cannot be consumed any more.</exception>
    public IAsyncEnumerable<Delivery> ReadAsync(
        string queue, ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check.NotEmpty(queue);
        return _reader.ReadAsync(queue, Reader.Adapt(options), cancellationToken: cancellationToken);
    }

    /// <summary>
    /// Fetches one message (<c>basic.get</c>), or null where none is ready. It needs a verdict; without one it goes
    /// back when the client is disposed. For a steady flow <see cref="ReadAsync"/> and consumers are far cheaper.
    /// </summary>
    /// <exception cref="TopologyException">There is no such queue.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    public ValueTask<Delivery?> GetAsync(string queue, CancellationToken cancellationToken = default) =>
        _fetcher.GetAsync(queue, cancellationToken);

    /// <summary>
    /// Stops the consumers as <see cref="Consumer.StopAsync"/> does, lets what is being published end (five seconds at
    /// the most), and closes the connections. Bounded, also when the broker does not answer; never throws. From inside
    /// a handler it begins all this and returns at once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        var isInHandler = _consumers.IsInHandler;
        lock (_lock)
            _disposing ??= Detached.Run(DisposeInOrderAsync);

        if (!isInHandler)
            await _disposing.ConfigureAwait(false);
    }

    internal ValueTask<Consumer> StartConsumerAsync(
        string queue, Func<Delivery, CancellationToken, ValueTask> handler, ConsumerOptions? options, bool blocks = false,
        CancellationToken cancellationToken = default)
    {
        Check.NotEmpty(queue);
        var frozen = (options ?? new ConsumerOptions()).Freeze();
        Parking.Validate(queue, frozen);
        var filtered = ConsumeFilters.Around(handler, frozen);
        return StartConsumerAsync(
            queue, frozen,
            (fail, stopping) => new HandlerLanes(ConsumingContext, queue, frozen, filtered, blocks, fail, stopping), cancellationToken);
    }

    /// <summary>Starts a consumer with lanes of any kind.</summary>
    internal async ValueTask<Consumer> StartConsumerAsync(
        string queue, ConsumerOptions options, Func<Action<BrokerException>, CancellationToken, ILanes> lanes,
        CancellationToken cancellationToken, Func<Task>? unfinished = null, StreamTracking? stream = null,
        IOpenings? openings = null)
    {
        await FailurePreparation.RunAsync(ConsumingContext, queue, options, cancellationToken).ConfigureAwait(false);
        var consumer = new Consumer(ConsumingContext, queue, options, lanes, unfinished, stream, openings);
        return await _consumers.StartAsync(consumer, cancellationToken).ConfigureAwait(false);
    }

    private void OnStateChanged(ConnectionSupervisor changed)
    {
        _state.Update(changed);
        if (changed == _consuming || changed.State is BrokerConnectionState.Connected)
            (changed == _consuming ? _publishing : _consuming).Hurry();
    }

    private async Task DisposeInOrderAsync()
    {
        await _consumers.StopAllAsync().ConfigureAwait(false);
        await Caller.DisposeAsync().ConfigureAwait(false);
        await _publisher.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_consuming.DisposeAsync().AsTask(), _publishing.DisposeAsync().AsTask()).ConfigureAwait(false);
    }
}
