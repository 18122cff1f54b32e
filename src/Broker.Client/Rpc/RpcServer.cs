using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Answers the requests of a queue. A request is acknowledged when its reply is confirmed, and the lane does not wait
/// for that: killed in between, the request comes again.
/// </summary>
internal sealed class RpcServer(
    IPublisher publisher, Func<Delivery, CancellationToken, ValueTask<Message>> handler, ILogger logger)
{
    private const string DirectReplyTo = "amq.rabbitmq.reply-to.";
    private static readonly PublishOptions s_direct = new() { Mandatory = false };
    private static readonly PublishOptions s_queue = new() { Mandatory = true };

    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unconfirmed;
    private volatile bool _stopping;

    /// <summary>The options of the consumer beneath: the verdict is given here, when the reply is safe.</summary>
    public static ConsumerOptions Adapt(ConsumerOptions? options)
    {
        if (options is { AckMode: AckMode.Manual })
            throw new ArgumentException(
                "A server acknowledges a request when its reply is confirmed: leave ConsumerOptions.AckMode alone, "
                + "or use BeforeHandler.",
                nameof(options));
        var frozen = (options ?? new ConsumerOptions()).Freeze();
        return frozen.AckMode == AckMode.AfterHandler ? frozen with { AckMode = AckMode.Manual } : frozen;
    }

    /// <summary>The handler for a consumer in which every message gets its verdict here.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The caller is told of it.")]
    public async ValueTask HandleAsync(Delivery request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.ReplyTo))
        {
            // Nobody to tell: what the handler throws follows the failure policy, as for any message.
            await handler(request, cancellationToken).ConfigureAwait(false);
            Log.NoReplyAddress(logger, request.Queue);
            await request.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
            return;
        }

        Message reply;
        try
        {
            reply = await handler(request, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("There is no reply: the handler returned null, or a filter did not call it.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw; // its channel is gone or the drain time over: the request comes again
        }
        catch (Exception error)
        {
            Log.ServeFailed(logger, error, request.Queue);
            Tracing.FailCurrent(error);
            reply = RemoteError.ToMessage(error);
        }

        Interlocked.Increment(ref _unconfirmed);
        var replying = ReplyAsync(request, request.ReplyTo, reply);
        if (request.IsSettled)
            await replying.ConfigureAwait(false); // acknowledged before: no prefetch bounds these
        else
            Bounded.ObserveLater(replying);
    }

    /// <summary>After the last handler: completes when every reply has ended, and its request has its verdict.</summary>
    public Task IdleAsync()
    {
        _stopping = true;
        Interlocked.Increment(ref _unconfirmed);
        EndReply();
        return _idle.Task;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Nobody awaits it.")]
    private async Task ReplyAsync(Delivery request, string replyTo, Message reply)
    {
        try
        {
            var result = await PublishAsync(request, replyTo, reply).ConfigureAwait(false);
            if (result.Outcome == PublishOutcome.Returned)
                Log.CallerGone(logger, request.Queue, replyTo);
            else if (!result.IsConfirmed)
                Log.ReplyFailed(logger, request.Queue, $"{result.Outcome}: {result.ReplyText}");
            await request.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.ReplyFaulted(logger, error, request.Queue); // a defect of ours
        }
        finally
        {
            EndReply();
        }
    }

    private async ValueTask<PublishResult> PublishAsync(Delivery request, string replyTo, Message reply)
    {
        // A direct address is no queue to the broker: mandatory would bring every reply back.
        var options = replyTo.StartsWith(DirectReplyTo, StringComparison.Ordinal) ? s_direct : s_queue;
        try
        {
            return await publisher.TrySendAsync(
                replyTo, reply.Answering(request.CorrelationId), options, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ArgumentException invalid)
        {
            Log.ReplyInvalid(logger, invalid, request.Queue);
            return await publisher.TrySendAsync(
                replyTo, RemoteError.ToMessage(invalid).Answering(request.CorrelationId), options, CancellationToken.None)
                .ConfigureAwait(false);
        }
    }

    private void EndReply()
    {
        if (Interlocked.Decrement(ref _unconfirmed) == 0 && _stopping)
            _idle.TrySetResult();
    }
}
