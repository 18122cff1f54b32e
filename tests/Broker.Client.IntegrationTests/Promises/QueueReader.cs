using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Reads all that a queue holds, in its order, with plain RabbitMQ.Client.</summary>
internal static class QueueReader
{
    private const string SendingHeader = "x-publish-attempt";

    public static async Task<IReadOnlyList<Arrival>> ReadAllAsync(this RawChannel raw, string queue)
    {
        var arrivals = new Collected<Arrival>();
        var consumer = new AsyncEventingBasicConsumer(raw.Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            arrivals.Add(new Arrival(
                Serial.Of(delivery.Body.Span), delivery.BasicProperties.MessageId,
                delivery.BasicProperties.Headers?.TryGetValue(SendingHeader, out var sending) == true ? (int)sending! : null));
            return Task.CompletedTask;
        };

        // What is ready is counted before anything is taken. What a dead connection still brings in meanwhile is counted in the next round.
        while (await CountAsync() is var ready and > 0)
        {
            var wanted = arrivals.Count + ready;
            var tag = await raw.Channel.BasicConsumeAsync(queue, autoAck: true, consumer);
            await arrivals.ReachAsync(wanted, seconds: 20 + (ready / 1000.0));
            await raw.Channel.BasicCancelAsync(tag);
        }

        return arrivals.All;

        async Task<int> CountAsync() => (int)(await raw.Channel.QueueDeclarePassiveAsync(queue)).MessageCount;
    }
}
