using System.Diagnostics.Metrics;

namespace Broker.Client;

/// <summary>The instruments, for all clients of the process.</summary>
internal static class Metrics
{
    private static readonly Meter s_meter = new(new MeterOptions(BrokerTelemetry.MeterName)
    {
        Version = Tracing.Version,
        TelemetrySchemaUrl = SemanticNames.SchemaUrl,
    });

    // https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    public static readonly Histogram<double> OperationDuration = Seconds(
        SemanticNames.OperationDuration, "Duration of messaging operation initiated by a producer or consumer client.");

    public static readonly Counter<long> SentMessages = s_meter.CreateCounter<long>(
        SemanticNames.SentMessages, "{message}", "Number of messages producer attempted to send to the broker.");

    public static readonly Counter<long> ConsumedMessages = s_meter.CreateCounter<long>(
        SemanticNames.ConsumedMessages, "{message}", "Number of messages that were delivered to the application.");

    public static readonly Histogram<double> ProcessDuration = Seconds(
        SemanticNames.ProcessDuration, "Duration of processing operation.");

    public static readonly Histogram<double> ConfirmDuration = Seconds(
        SemanticNames.ConfirmDuration, "Time from writing a message, the last time where it was sent again, to the broker's word on it.");

    public static readonly Counter<long> ConsumerRestarts = s_meter.CreateCounter<long>(
        SemanticNames.ConsumerRestarts, "{restart}", "Times that a consumer was interrupted and started again.");

    public static readonly Counter<long> Retries = s_meter.CreateCounter<long>(
        SemanticNames.Retries, "{message}", "Messages whose handler threw and which are tried again.");

    public static readonly Counter<long> Parked = s_meter.CreateCounter<long>(
        SemanticNames.Parked, "{message}", "Messages that were put aside, confirmed, in a queue for those that failed.");

    public static readonly Counter<long> Reconnects = s_meter.CreateCounter<long>(
        SemanticNames.Reconnects, "{reconnect}", "Times that a connection was lost and made again.");

    public static readonly LiveSum<long> Unconfirmed = new(tag: null);

    public static readonly LiveSum<long> InFlight = new(SemanticNames.DestinationName);

    public static readonly LiveSum<double> BlockedTime = new(SemanticNames.ConnectionRole);

    static Metrics()
    {
        s_meter.CreateObservableUpDownCounter(
            SemanticNames.Unconfirmed, Unconfirmed.Observe, "{message}", "Messages on the wire for which the broker's confirm is awaited.");
        s_meter.CreateObservableUpDownCounter(
            SemanticNames.InFlight, InFlight.Observe, "{message}", "Deliveries to consumers that have no verdict yet.");
        s_meter.CreateObservableCounter(
            SemanticNames.BlockedTime, BlockedTime.Observe, "s", "Time for which the broker took no publishes from a connection.");
    }

    private static Histogram<double> Seconds(string name, string description) =>
        s_meter.CreateHistogram(name, "s", description, tags: null, s_seconds);
}
