using Broker.Client.Oracle.Wire;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>What the broker said, as a line of a trace.</summary>
internal static class Words
{
    public static string Of(Received received, string prefix)
    {
        var words = received.Method switch
        {
            // The line of the close itself tells it.
            ChannelCloseOk => "closed",
            ChannelClose close => $"channel.close {close.ReplyCode} {close.ReplyText} ({close.FailedClassId}.{close.FailedMethodId})",
            ConnectionClose => "",
            QueueDeclareOk ok => $"queue.declare-ok {ok.Queue} {ok.MessageCount} messages {ok.ConsumerCount} consumers",
            QueueDeleteOk ok => $"queue.delete-ok {ok.MessageCount}",
            QueuePurgeOk ok => $"queue.purge-ok {ok.MessageCount}",
            BasicConsumeOk ok => $"basic.consume-ok {ok.ConsumerTag}",
            BasicCancelOk ok => $"basic.cancel-ok {ok.ConsumerTag}",
            BasicCancel cancel => $"basic.cancel {cancel.ConsumerTag}",
            BasicGetOk ok => $"basic.get-ok {ok.DeliveryTag}{Redelivered(ok.Redelivered)} {ok.MessageCount} left, {Route(ok.Exchange, ok.RoutingKey)}",
            BasicDeliver deliver => $"{deliver.ConsumerTag} deliver{Redelivered(deliver.Redelivered)} {Route(deliver.Exchange, deliver.RoutingKey)}",
            BasicReturn back => $"return {back.ReplyCode} {back.ReplyText} {Route(back.Exchange, back.RoutingKey)}",
            var method => method.Name,
        };
        if (received.Method is BasicGetOk or BasicDeliver or BasicReturn)
            words += $" {Canon.Body(received.Body)} {Canon.Properties(received.Properties)}";
        return Canon.Text(words, prefix);
    }

    private static string Redelivered(bool redelivered) => redelivered ? " again" : "";

    private static string Route(string exchange, string key) => $"from '{exchange}' by '{key}'";
}
