using System.Diagnostics.Tracing;
using Broker.Client.IntegrationTests.Connection;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How many connections and channels RabbitMQ.Client has open in this process, by its own count.</summary>
internal sealed class DriverCounters : EventListener
{
    private const string Source = "rabbitmq-client";

    private int _connections = -1;
    private int _channels = -1;
    private int _looks;

    /// <summary>After so long a wait that both were counted anew.</summary>
    public async Task<(int Connections, int Channels)> LookAsync()
    {
        var before = Volatile.Read(ref _looks);
        await Eventually.IsTrueAsync("the driver's counters", () => Volatile.Read(ref _looks) >= before + 4);
        return (Volatile.Read(ref _connections), Volatile.Read(ref _channels));
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
            EnableEvents(eventSource, EventLevel.LogAlways, EventKeywords.All, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.1" });
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData is not { EventName: "EventCounters", Payload: [IDictionary<string, object?> counter] })
            return;
        if (counter["Name"] is "current-open-connections")
            Note(ref _connections, counter);
        else if (counter["Name"] is "current-open-channels")
            Note(ref _channels, counter);
    }

    private void Note(ref int count, IDictionary<string, object?> counter)
    {
        Volatile.Write(ref count, (int)(double)counter["Mean"]!);
        Interlocked.Increment(ref _looks);
    }
}
