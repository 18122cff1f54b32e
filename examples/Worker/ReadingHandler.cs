using Broker.Client;
using Broker.Client.Hosting;

namespace Worker;

/// <summary>Raises an alarm for what is too hot. The reading is acknowledged when the broker has the alarm, and not before.</summary>
internal sealed class ReadingHandler(IPublisher<Alarm> alarms) : IMessageHandler<Reading>
{
    public async Task HandleAsync(Reading message, Delivery delivery, CancellationToken cancellationToken)
    {
        if (message.Celsius > 30)
            await alarms.PublishAsync(new Alarm(message.Sensor, $"{message.Celsius} degrees"), cancellationToken: cancellationToken);
    }
}
