using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// A message that came in, and the four verdicts on it.
/// </summary>
/// <remarks>
/// <para>The delivery owns its body: keep it for as long as you like.</para>
/// <para>One verdict a delivery; a second one throws <see cref="InvalidOperationException"/> and harms nothing. A verdict returns
/// <see langword="true"/> when it was accepted for a live channel (which is not yet the broker's
/// word), and <see langword="false"/> when the channel the message came on is gone: the broker then
/// delivers the message again.</para>
/// </remarks>
public abstract class Delivery
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _body;
    private ISettle? _settle;
    private int _settled; // 0, or 1 and its verdict

    private protected Delivery(
        string queue, ulong deliveryTag, bool redelivered, string exchange, string routingKey, byte[] body)
    {
        Queue = queue;
        DeliveryTag = deliveryTag;
        Redelivered = redelivered;
        Exchange = exchange;
        RoutingKey = routingKey;
        _body = body;
        MayBeInHand = redelivered;
    }

    /// <summary>The queue it was taken from.</summary>
    public string Queue { get; }

    /// <summary>The broker's number for this delivery on its channel. Starts again at 1 after every reconnect.</summary>
    public ulong DeliveryTag { get; }

    /// <summary>
    /// False guarantees that the broker never delivered the message from this queue before; true says that it may have.
    /// </summary>
    public bool Redelivered { get; }

    /// <summary>The exchange it was published to; empty for the default exchange.</summary>
    public string Exchange { get; }

    /// <summary>The routing key it was published with.</summary>
    public string RoutingKey { get; }

    /// <summary>The bytes of the message.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>
    /// How many deliveries of this message failed before, as far as can be known: those after which it waited in a delay
    /// queue (<see cref="RetryAsync(TimeSpan)"/>, <see cref="FailurePolicy.ThroughBroker"/>), and those that the broker
    /// counts, which quorum queues do (headers <c>x-delivery-count</c>, <c>x-acquired-count</c>); elsewhere 1 where <see cref="Redelivered"/> is set.
    /// </summary>
    public int DeliveryCount => RetriedCount + (BrokerDeliveryCount ?? (Redelivered ? 1 : 0));

    /// <summary>MIME type of the body.</summary>
    public abstract string? ContentType { get; }

    /// <summary>MIME content encoding of the body.</summary>
    public abstract string? ContentEncoding { get; }

    /// <summary>
    /// Application headers; empty where there are none. Text is decoded to <see cref="string"/> where it is UTF-8
    /// and is <c>byte[]</c> where it is not, timestamps are <see cref="DateTimeOffset"/>, nested tables and
    /// arrays are dictionaries and lists.
    /// </summary>
    public abstract IReadOnlyDictionary<string, object?> Headers { get; }

    /// <summary>Whether it was published as persistent.</summary>
    public abstract bool Persistent { get; }

    /// <summary>Its priority, or null where none was set.</summary>
    public abstract byte? Priority { get; }

    /// <summary>Ties a reply to a request.</summary>
    public abstract string? CorrelationId { get; }

    /// <summary>The queue that a reply should be sent to.</summary>
    public abstract string? ReplyTo { get; }

    /// <summary>
    /// Its time to live when it was published; null where none was set or where the text is not a
    /// number of milliseconds.
    /// </summary>
    public abstract TimeSpan? Expiration { get; }

    /// <summary>Identifies the message, over resends too.</summary>
    public abstract string? MessageId { get; }

    /// <summary>When the message was made, in whole seconds.</summary>
    public abstract DateTimeOffset? Timestamp { get; }

    /// <summary>What kind of message it is, in words of the application.</summary>
    public abstract string? Type { get; }

    /// <summary>The user that published, checked by the broker.</summary>
    public abstract string? UserId { get; }

    /// <summary>The application that published.</summary>
    public abstract string? AppId { get; }

    /// <summary>Of a stream: the number of the event there, from 0 on (the header <c>x-stream-offset</c>); null elsewhere.</summary>
    public abstract long? StreamOffset { get; }

    /// <summary>The failed deliveries that the broker counts, or null where the broker does not count.</summary>
    internal abstract int? BrokerDeliveryCount { get; }

    /// <summary>After how many failures it waited in a delay queue of the queue that it was now taken from.</summary>
    internal abstract int RetriedCount { get; }

    /// <summary>When it failed first, where a delay queue brought that along.</summary>
    internal abstract DateTimeOffset? FirstFailure { get; }

    /// <summary>What of its headers is too much, in words; null where nothing is.</summary>
    internal abstract string? HeaderExcess(InboundLimits limits);

    internal bool IsSettled => Volatile.Read(ref _settled) != 0;

    /// <summary>Its verdict; null where it has none.</summary>
    internal Verdict? GivenVerdict => Volatile.Read(ref _settled) is > 0 and var settled ? (Verdict)(settled - 1) : null;

    /// <summary>Whether the filters around its handler have let it through.</summary>
    internal bool HasPassedFilters { get; set; }

    /// <summary>Whether its verdict may come when its handler has returned (<see cref="AckMode.Manual"/>), as filters must know.</summary>
    internal bool IsSettledLater { get; set; }

    /// <summary>Whether a handler may have it already, from an earlier delivery.</summary>
    internal bool MayBeInHand { get; set; }

    /// <summary>Under the lock of that settlement.</summary>
    internal Standing Standing { get; set; }

    /// <summary>The body as UTF-8 text.</summary>
    /// <exception cref="UndecodableMessageException">The body is not UTF-8.</exception>
    public string GetText()
    {
        try
        {
            return s_strict.GetString(Body.Span);
        }
        catch (DecoderFallbackException error)
        {
            throw Undecodable("UTF-8 text", error);
        }
    }

    /// <summary>The body read as UTF-8 JSON; null where the JSON is <c>null</c>.</summary>
    /// <exception cref="UndecodableMessageException">The body is not JSON of this shape.</exception>
    public T? GetJson<T>(JsonTypeInfo<T> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        try
        {
            return JsonSerializer.Deserialize(Body.Span, typeInfo);
        }
        catch (JsonException error)
        {
            throw Undecodable($"JSON of {typeof(T)}", error);
        }
    }

    /// <summary>
    /// As <see cref="GetJson{T}(JsonTypeInfo{T})"/>, by reflection and with <see cref="JsonSerializerOptions.Web"/>.
    /// </summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public T? GetJson<T>() => GetJson<T>(JsonSerializerOptions.Web);

    /// <summary>As <see cref="GetJson{T}(JsonTypeInfo{T})"/>, by reflection.</summary>
    [RequiresUnreferencedCode("Reflects over T. Pass a JsonTypeInfo<T> where the app is trimmed.")]
    [RequiresDynamicCode("Reflects over T. Pass a JsonTypeInfo<T> in native AOT.")]
    public T? GetJson<T>(JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Body.Span, options);
        }
        catch (JsonException error)
        {
            throw Undecodable($"JSON of {typeof(T)}", error);
        }
    }

    /// <summary>Done: the broker may forget the message (<c>basic.ack</c>).</summary>
    /// <returns>False when the channel is gone and the message will come again.</returns>
    /// <exception cref="InvalidOperationException">There was a verdict already.</exception>
    public ValueTask<bool> AckAsync() => SettleAsync(Verdict.Ack);

    /// <summary>
    /// Try again: back to the queue (<c>basic.reject</c> with requeue), counted against the message where the broker
    /// counts, so that a poison message comes to an end.
    /// </summary>
    /// <returns>False when the channel is gone and the message will come again.</returns>
    /// <exception cref="InvalidOperationException">There was a verdict already.</exception>
    /// <exception cref="NotSupportedException">It is of a stream.</exception>
    public ValueTask<bool> RetryAsync() => SettleAsync(Verdict.Retry);

    /// <summary>
    /// Try again after a while: the message waits in the queue <c>&lt;queue&gt;.retry.&lt;milliseconds&gt;</c>, which is declared
    /// where it does not exist, and comes back to the end of its own queue with <see cref="DeliveryCount"/> one higher.
    /// Published there with a confirm, and only then acknowledged: broken off in between it comes twice, and never not at
    /// all.
    /// </summary>
    /// <remarks>
    /// Its own time to live does not run on: it comes back without one. A queue may have 32 different delays. Beside an
    /// exclusive queue the delay queue is exclusive too, and goes with it; elsewhere it is a durable quorum queue that
    /// hands on with confirms, and stays.
    /// </remarks>
    /// <param name="delay">From 1 second to 24 hours, in whole milliseconds.</param>
    /// <returns>
    /// True when the delayed copy is safe and the ack was accepted; false when the copy is safe and the channel of this
    /// delivery is gone, so that the message comes again at once as well.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The delay is out of range, or one too many for this queue.</exception>
    /// <exception cref="BrokerException">
    /// The copy could not be made safe. The message is without a verdict as before.
    /// </exception>
    /// <exception cref="InvalidOperationException">There was a verdict already.</exception>
    /// <exception cref="NotSupportedException">It is of a stream.</exception>
    public async ValueTask<bool> RetryAsync(TimeSpan delay)
    {
        RefuseOfStream(Verdict.Retry);
        if (!TakeVerdict(Verdict.Retry))
            throw HasVerdict();
        try
        {
            await _settle!.Later.SendAsync(this, delay, CancellationToken.None).ConfigureAwait(false); // attached, as below
        }
        catch
        {
            Volatile.Write(ref _settled, 0);
            throw;
        }

        return await _settle!.SettleAsync(this, Verdict.Ack).ConfigureAwait(false); // attached by the channel before anyone sees it
    }

    /// <summary>
    /// Not this message's fault: back to the queue (<c>basic.nack</c> with requeue). Quorum queues of RabbitMQ 4.3 do
    /// not count it; older ones count it like <see cref="RetryAsync()"/>.
    /// </summary>
    /// <returns>False when the channel is gone and the message will come again.</returns>
    /// <exception cref="InvalidOperationException">There was a verdict already.</exception>
    /// <exception cref="NotSupportedException">It is of a stream.</exception>
    public ValueTask<bool> ReleaseAsync() => SettleAsync(Verdict.Release);

    /// <summary>
    /// Given up: to the queue's dead-letter exchange, or dropped by the broker where the queue has none
    /// (<c>basic.reject</c> without requeue).
    /// </summary>
    /// <returns>False when the channel is gone and the message will come again.</returns>
    /// <exception cref="InvalidOperationException">There was a verdict already.</exception>
    /// <exception cref="NotSupportedException">It is of a stream.</exception>
    public ValueTask<bool> DeadLetterAsync() => SettleAsync(Verdict.DeadLetter);

    internal void AttachTo(ISettle settle) => _settle = settle;

    /// <summary>The library's own verdict: false, and nothing done, where there was one already.</summary>
    internal ValueTask<bool> TrySettleAsync(Verdict verdict) => TakeVerdict(verdict)
        ? _settle!.SettleAsync(this, verdict) // attached by the channel before anyone sees it
        : new(false);

    private ValueTask<bool> SettleAsync(Verdict verdict)
    {
        RefuseOfStream(verdict);
        return TakeVerdict(verdict)
            ? _settle!.SettleAsync(this, verdict) // attached by the channel before anyone sees it
            : throw HasVerdict();
    }

    private void RefuseOfStream(Verdict verdict)
    {
        if (verdict != Verdict.Ack && _settle!.IsOfStream) // attached, as above
            throw new NotSupportedException(
                $"Queue '{Queue}' is a stream, to which nothing goes back: acknowledge, or throw and let the FailurePolicy try again.");
    }

    private bool TakeVerdict(Verdict verdict) => Interlocked.CompareExchange(ref _settled, (int)verdict + 1, 0) == 0;

    private InvalidOperationException HasVerdict() => new(
        $"Delivery {DeliveryTag} of queue '{Queue}' already has its verdict. "
            + "Give one verdict a delivery; with AckMode.BeforeHandler it was acked before the handler began.");

    private UndecodableMessageException Undecodable(string wanted, Exception error) =>
        new(this, wanted, error);
}
