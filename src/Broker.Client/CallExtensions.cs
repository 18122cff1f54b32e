using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// Requests and replies: a call sends a message and waits for the answer to it, over RabbitMQ's direct reply-to. Any
/// number of calls may be under way; they share one channel, and declare nothing.
/// </summary>
/// <remarks>
/// <para>Every call ends: by its reply, or by its timeout at the latest in a <see cref="CallException"/> whose
/// <see cref="CallException.Reason"/> says how. A call that is made while there is no connection waits for it.
/// What was sent is never sent again by the library; only you know whether handling it twice would do harm.</para>
/// <para>The request carries its timeout as its time to live, unless <see cref="Message.Expiration"/> is set, so that a
/// queue does not serve whom nobody waits for. A reply that comes after its call has ended is dropped, and counted in
/// <see cref="BrokerClient.LateReplies"/>.</para>
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "Queue or exchange and key, bytes or JSON: none can be taken for another.")]
public static class CallExtensions
{
    private const string Untrimmed = "Reflects over both types. Pass a JsonTypeInfo of each where the app is trimmed.";
    private const string Dynamic = "Reflects over both types. Pass a JsonTypeInfo of each in native AOT.";

    /// <summary>Sends a request to a queue, and completes with the reply to it.</summary>
    /// <param name="client">The client.</param>
    /// <param name="queue">The queue that the request is for.</param>
    /// <param name="message">
    /// The request, which must not change before the call has ended. <see cref="Message.ReplyTo"/> and
    /// <see cref="Message.CorrelationId"/> are the call's own, and must be null.
    /// </param>
    /// <param name="timeout">How long the call may take in all; null means <see cref="CallerOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Stops the waiting; a request that was sent may still be handled.</param>
    /// <exception cref="CallException">It ended without a reply, or the reply tells of an error.</exception>
    /// <exception cref="ArgumentException">The message or a name is not valid. Thrown at the call.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed first.</exception>
    public static Task<Reply> CallAsync(
        this BrokerClient client, string queue, Message message, TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        Check.NotEmpty(queue);
        return client.Caller.CallAsync("", queue, message, timeout, cancellationToken);
    }

    /// <summary>
    /// As <see cref="CallAsync(BrokerClient, string, Message, TimeSpan?, CancellationToken)"/>, through an exchange.
    /// Where it routes the request to several queues, the first reply is taken; the others are late.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="exchange">The exchange; empty for the default one.</param>
    /// <param name="routingKey">The routing key.</param>
    /// <param name="message">The request, as above.</param>
    /// <param name="timeout">How long the call may take in all; null means <see cref="CallerOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Stops the waiting; a request that was sent may still be handled.</param>
    /// <exception cref="CallException">It ended without a reply, or the reply tells of an error.</exception>
    /// <exception cref="ArgumentException">The message or a name is not valid. Thrown at the call.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed first.</exception>
    public static Task<Reply> CallAsync(
        this BrokerClient client, string exchange, string routingKey, Message message, TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.Caller.CallAsync(exchange, routingKey, message, timeout, cancellationToken);
    }

    /// <summary>
    /// As <see cref="CallAsync(BrokerClient, string, Message, TimeSpan?, CancellationToken)"/>, with request and reply
    /// as JSON.
    /// </summary>
    /// <returns>The reply; null where its JSON is <c>null</c>.</returns>
    /// <exception cref="CallException">It ended without a reply, or the reply tells of an error.</exception>
    /// <exception cref="JsonException">The reply is not JSON of this shape.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed first.</exception>
    public static async Task<TReply?> CallAsync<TRequest, TReply>(
        this BrokerClient client, string queue, TRequest request, JsonTypeInfo<TRequest> requestType,
        JsonTypeInfo<TReply> replyType, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replyType);
        var reply = await client.CallAsync(queue, Message.FromJson(request, requestType), timeout, cancellationToken)
            .ConfigureAwait(false);
        return reply.GetJson(replyType);
    }

    /// <summary>
    /// As the form that is given the <see cref="JsonTypeInfo"/> of both types,
    /// by reflection and with <see cref="JsonSerializerOptions.Web"/>.
    /// </summary>
    [RequiresUnreferencedCode(Untrimmed)]
    [RequiresDynamicCode(Dynamic)]
    public static async Task<TReply?> CallAsync<TRequest, TReply>(
        this BrokerClient client, string queue, TRequest request, TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var reply = await client.CallAsync(queue, Message.FromJson(request), timeout, cancellationToken)
            .ConfigureAwait(false);
        return reply.GetJson<TReply>();
    }
}
