namespace Broker.Client.Testing;

/// <summary>The arguments of basic.consume, checked and read as RabbitMQ does.</summary>
internal static class ConsumerArguments
{
    public static int Priority(IReadOnlyDictionary<string, object?>? arguments)
    {
        if (arguments is null || !arguments.TryGetValue("x-priority", out var value)) return 0;
        return (int?)ArgumentText.IntegerOf(value) ?? throw BrokerError.Precondition(
            $"invalid arg 'x-priority' for consumer: {{unacceptable_type,{ArgumentText.TypeOf(value)}}}");
    }

    /// <summary>What belongs to another type of queue is refused; what belongs to none is overlooked.</summary>
    public static void CheckKinds(
        string queue, string vhost, QueueType type, IReadOnlyDictionary<string, object?> arguments)
    {
        string[] foreign = type == QueueType.Stream
            ? ["x-priority"]
            : ["x-stream-offset", "x-stream-filter", "x-stream-match-unfiltered"];
        foreach (var name in foreign)
        {
            if (arguments.ContainsKey(name))
            {
                throw BrokerError.Precondition($"invalid arg '{name}' for queue '{queue}' in vhost '{vhost}' of queue "
                    + $"type {ArgumentCheck.Module(type)}");
            }
        }
    }

    /// <summary>A stream has readers that settle and limit themselves.</summary>
    public static void CheckStream(
        string queue, string vhost, ConsumeRequest request, Unacked channel, RabbitProfile profile, DateTimeOffset now)
    {
        var what = $"queue '{queue}' in vhost '{vhost}'";
        var offset = request.Arguments.GetValueOrDefault("x-stream-offset");
        if (StreamOffset.Of(offset, now) is null)
        {
            throw profile.BadStreamArgumentIsInternal
                ? BrokerError.Internal()
                : BrokerError.Precondition($"invalid arg 'x-stream-offset' for {what}: {{invalid_stream_offset_arg,"
                    + $"{{{ArgumentText.TypeOf(offset)},<<\"{ArgumentText.Of(offset)}\">>}}}}");
        }

        if (request.Prefetch == 0)
        {
            throw BrokerError.Precondition("consumer prefetch count is not set for "
                + (profile.QuotesStreams ? $"'{what}'" : $"stream {what}"));
        }

        if (channel.IsLimited) throw BrokerError.NotImplemented($"{what} does not support global qos");
        if (request.NoAck)
        {
            throw BrokerError.NotImplemented("automatic acknowledgement not supported by "
                + (profile.QuotesStreams ? $"stream queues {what}" : $"stream {what}"));
        }
    }
}
