namespace Broker.Client;

/// <summary>What is thrown for a publish that was not confirmed.</summary>
internal static class PublishFailure
{
    /// <param name="publication">What was published.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="error">What ended it, where that was an exception.</param>
    public static Exception Of(in Publication publication, PublishResult result, Exception? error) => error switch
    {
        OperationCanceledException cancelled =>
            new OperationCanceledException(result.ReplyText, cancelled.CancellationToken),
        ObjectDisposedException => new ObjectDisposedException(nameof(BrokerClient), result.ReplyText),
        _ => ToException(publication, result, error),
    };

    private static PublishException ToException(in Publication publication, PublishResult result, Exception? error)
    {
        var (exchange, routingKey, message, _) = publication;
        var target = exchange.Length == 0 ? $"queue '{routingKey}'" : $"exchange '{exchange}' with key '{routingKey}'";
        var what = result.Outcome switch
        {
            PublishOutcome.Returned =>
                $"was returned ({result.ReplyCode} {result.ReplyText}): no queue takes it. "
                + "Declare the queue or the binding first.",
            PublishOutcome.Rejected => $"was rejected: {result.ReplyText}",
            PublishOutcome.NotSent => $"was not sent: {result.ReplyText}",
            _ => $"has an unknown outcome: {result.ReplyText} "
                + "It may have arrived; sending it again under the same message id may make a duplicate.",
        };
        // A returned or refused message meets the same answer again; a full queue and a missing connection may pass.
        var transient = result.Outcome is PublishOutcome.NotSent or PublishOutcome.Unknown
            ? error is not BrokerException broker || broker.IsTransient
            : result is { Outcome: PublishOutcome.Rejected, ReplyCode: 0 };
        return new PublishException($"Message {result.MessageId} to {target} {what}", result, message, transient, error);
    }
}
