namespace Broker.Client;

/// <summary>Makes the end of a consumer of what the broker refused.</summary>
internal static class ConsumerErrors
{
    public static ConsumerException Terminal(TopologyException refused, string queue, BrokerOptions options)
    {
        var text = refused.ReplyText ?? refused.Message;
        var (reason, message) = refused.ReplyCode switch
        {
            _ when refused.IsTransient => (
                ConsumerFailure.QueueUnavailable,
                $"Queue '{queue}' is there, but cannot be reached: {text}. See how the broker's nodes are (rabbitmqctl cluster_status)."),
            404 => (
                ConsumerFailure.QueueNotFound,
                $"There is no queue '{queue}' in virtual host '{options.VirtualHost}'. Declare it first, or check its name."),
            403 when text.Contains("exclusive", StringComparison.Ordinal) => (
                ConsumerFailure.ExclusiveUse, $"Another consumer has queue '{queue}' for itself: {text}"),
            403 => (
                ConsumerFailure.AccessRefused,
                $"User '{options.UserName}' may not read from queue '{queue}': {text}. Grant it (rabbitmqctl set_permissions)."),
            405 => (ConsumerFailure.ExclusiveUse, $"Queue '{queue}' is exclusive to another connection: {text}"),
            _ => (ConsumerFailure.Refused, $"The broker refused to let queue '{queue}' be consumed: {text}"),
        };
        return new ConsumerException(reason, queue, message, refused.ReplyCode, refused.ReplyText, refused);
    }
}
