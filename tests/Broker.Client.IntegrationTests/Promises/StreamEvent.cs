using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>An event as it stands in its stream.</summary>
internal readonly record struct StreamEvent(long Offset, string Text)
{
    public const string End = "end";

    /// <summary>All that a stream holds up to its end, read with the plain driver.</summary>
    public static async Task<StreamEvent[]> ReadAllAsync(IChannel channel, string stream)
    {
        var (events, end) = (new List<StreamEvent>(), new Signal());
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            var text = System.Text.Encoding.ASCII.GetString(delivery.Body.Span);
            events.Add(new StreamEvent((long)delivery.BasicProperties.Headers!["x-stream-offset"]!, text));
            if (text == End)
                end.Set();
            else if (events.Count % 500 == 0)
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: true);
        };
        await channel.BasicQosAsync(0, 1_000, global: false);
        await channel.BasicConsumeAsync(
            stream, autoAck: false, "", noLocal: false, exclusive: false, new Dictionary<string, object?> { ["x-stream-offset"] = "first" }, consumer);
        await end.Task.InTime(300);
        return [.. events];
    }
}
