using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// The other side of <see cref="CallExtensions"/>: a consumer whose handler returns the reply. It serves any client that
/// sets <c>reply_to</c> and <c>correlation_id</c>, in any language.
/// </summary>
/// <remarks>
/// <para>The reply goes to the request's <c>reply_to</c> with its <c>correlation_id</c>, confirmed, and then the request
/// is acknowledged; a server that dies in between gets it again. Where the reply cannot be delivered because the caller
/// is gone, the request is acknowledged all the same.</para>
/// <para>A handler that throws is not tried again: the caller is told, by a reply without a body whose header
/// <c>x-rpc-error</c> holds the message and <c>x-rpc-error-type</c> the type of the exception (never its stack), and the
/// request is acknowledged. A request without <c>reply_to</c> is an ordinary message: its result is dropped, and what
/// its handler throws follows <see cref="ConsumerOptions.FailurePolicy"/>.</para>
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone; which one is meant is tested for every shape.")]
public static class ServeExtensions
{
    private const string NotAMessage =
        "This handler takes the delivery and does not return a Message. Return Message (Message.FromJson, or text), "
        + "or take the type of the request in place of Delivery.";

    private const string Untrimmed = "Reflects over both types. Pass a JsonTypeInfo of each where the app is trimmed.";
    private const string Dynamic = "Reflects over both types. Pass a JsonTypeInfo of each in native AOT.";

    /// <summary>
    /// Serves a queue. Completes when the broker has accepted the consumer; it runs until it is stopped or disposed.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="queue">The queue of the requests.</param>
    /// <param name="handler">
    /// Called for each request, up to <see cref="ConsumerOptions.Concurrency"/> at a time; returns the reply. Its token
    /// fires when the channel of the request is lost (the request comes again) and when a stop has waited for the
    /// drain time.
    /// </param>
    /// <param name="options">
    /// Prefetch, concurrency and the like. The ack mode must be left alone, or <see cref="AckMode.BeforeHandler"/> for
    /// requests that must not be handled twice: one whose server dies is then lost, and its caller's timeout ends the
    /// call.
    /// </param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <returns>The running consumer; its stop waits for the replies under way as well.</returns>
    /// <exception cref="ConsumerException">There is no such queue, or the broker refused.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    [OverloadResolutionPriority(4)]
    public static ValueTask<Consumer> ServeAsync(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, Task<Message>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue, (request, token) => new ValueTask<Message>(handler(request, token)), options, cancellationToken);
    }

    /// <summary>
    /// As the form whose handler takes a token and returns a <see cref="Task{TResult}"/>,
    /// with a handler that takes no token.
    /// </summary>
    [OverloadResolutionPriority(3)]
    public static ValueTask<Consumer> ServeAsync(
        this BrokerClient client, string queue, Func<Delivery, Task<Message>> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue, (request, _) => new ValueTask<Message>(handler(request)), options, cancellationToken);
    }

    /// <summary>
    /// As the form whose handler takes a token and returns a <see cref="Task{TResult}"/>,
    /// with a handler that returns a <see cref="ValueTask{TResult}"/>.
    /// </summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<Consumer> ServeAsync(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, ValueTask<Message>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(client, queue, handler, options, cancellationToken);
    }

    /// <summary>
    /// As the form whose handler takes a token and returns a <see cref="Task{TResult}"/>,
    /// with a handler that takes no token and returns a <see cref="ValueTask{TResult}"/>.
    /// </summary>
    [OverloadResolutionPriority(1)]
    public static ValueTask<Consumer> ServeAsync(
        this BrokerClient client, string queue, Func<Delivery, ValueTask<Message>> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(client, queue, (request, _) => handler(request), options, cancellationToken);
    }

    /// <summary>
    /// As the form whose handler takes a token and returns a <see cref="Task{TResult}"/>,
    /// with a synchronous handler, which may block: it runs on a thread of its own.
    /// </summary>
    public static ValueTask<Consumer> ServeAsync(
        this BrokerClient client, string queue, Func<Delivery, Message> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue, (request, _) => new ValueTask<Message>(handler(request)), options, cancellationToken, blocks: true);
    }

    /// <summary>
    /// As the form whose handler takes a token and returns a <see cref="Task{TResult}"/>,
    /// with request and reply as JSON. A request that is not JSON of this shape is an error of the handler, told to its
    /// caller as an <see cref="UndecodableMessageException"/>.
    /// </summary>
    public static ValueTask<Consumer> ServeAsync<TRequest, TReply>(
        this BrokerClient client, string queue, Func<TRequest?, CancellationToken, Task<TReply>> handler,
        JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TReply> replyType, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(requestType);
        ArgumentNullException.ThrowIfNull(replyType);
        return StartAsync(
            client, queue,
            async (request, token) => Message.FromJson(
                await handler(request.GetJson(requestType), token).ConfigureAwait(false), replyType),
            options, cancellationToken);
    }

    /// <summary>
    /// As the form that is given the <see cref="JsonTypeInfo"/> of both types,
    /// by reflection and with <see cref="JsonSerializerOptions.Web"/>.
    /// </summary>
    [RequiresUnreferencedCode(Untrimmed)]
    [RequiresDynamicCode(Dynamic)]
    public static ValueTask<Consumer> ServeAsync<TRequest, TReply>(
        this BrokerClient client, string queue, Func<TRequest?, CancellationToken, Task<TReply>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue,
            async (request, token) => Message.FromJson(
                await handler(request.GetJson<TRequest>(), token).ConfigureAwait(false)),
            options, cancellationToken);
    }

    /// <summary>Not to be used: catches handlers of the request itself that would be taken for handlers of JSON.</summary>
    [Obsolete(NotAMessage, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<Consumer> ServeAsync<T>(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, Task<T>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAMessage);

    private static ValueTask<Consumer> StartAsync(
        BrokerClient client, string queue, Func<Delivery, CancellationToken, ValueTask<Message>> handler,
        ConsumerOptions? options, CancellationToken cancellationToken, bool blocks = false)
    {
        Check.NotEmpty(queue);
        var context = client.ConsumingContext;
        var adapted = RpcServer.Adapt(options);
        var server = new RpcServer(client, ConsumeFilters.AroundServer(handler, adapted), context.Logger);
        return client.StartConsumerAsync(
            queue, adapted,
            (fail, stopping) => new HandlerLanes(context, queue, adapted, server.HandleAsync, blocks, fail, stopping),
            cancellationToken, server.IdleAsync);
    }
}
