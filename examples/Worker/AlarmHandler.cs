using Broker.Client;
using Broker.Client.Hosting;

namespace Worker;

/// <summary>Tells of alarms.</summary>
internal sealed partial class AlarmHandler(ILogger<AlarmHandler> logger) : IMessageHandler<Alarm>
{
    public Task HandleAsync(Alarm message, Delivery delivery, CancellationToken cancellationToken)
    {
        Raised(logger, message.Sensor, message.Text);
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Too hot in {Sensor}: {Text}")]
    private static partial void Raised(ILogger logger, string sensor, string text);
}
