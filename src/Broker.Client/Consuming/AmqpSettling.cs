using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>Verdicts in the protocol's words.</summary>
internal static class AmqpSettling
{
    /// <summary>Writes it; completes when the driver has taken it.</summary>
    public static ValueTask SettleAsync(this IChannel channel, Settling settling, CancellationToken cancellationToken)
    {
        var (tag, verdict, multiple) = settling;
        return verdict switch
        {
            Verdict.Ack => channel.BasicAckAsync(tag, multiple, cancellationToken),
            Verdict.Release => channel.BasicNackAsync(tag, multiple, requeue: true, cancellationToken),
            _ => channel.BasicRejectAsync(tag, requeue: verdict == Verdict.Retry, cancellationToken),
        };
    }
}
