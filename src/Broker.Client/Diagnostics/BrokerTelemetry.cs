namespace Broker.Client;

/// <summary>
/// What the library's traces and metrics go by: <c>AddSource(BrokerTelemetry.ActivitySourceName)</c> and
/// <c>AddMeter(BrokerTelemetry.MeterName)</c> of OpenTelemetry, or a listener of <c>System.Diagnostics</c>. Without one
/// they cost nothing; they carry no payload, no secret and no text of an exception.
/// </summary>
/// <remarks>
/// <para>Spans follow OpenTelemetry's conventions for messaging: <c>publish</c>, <c>process</c>, <c>receive</c>,
/// <c>get</c>, <c>call</c>, and <c>ack</c>, <c>nack</c> or <c>reject</c> for a verdict. While someone listens, a message
/// carries its trace in the headers that <see cref="System.Diagnostics.DistributedContextPropagator.Current"/> writes
/// (<c>traceparent</c>, <c>tracestate</c>, <c>baggage</c>), unless it has them already, and whoever handles it joins that
/// trace. A message that is sent again after a reconnect goes out under the same span.</para>
/// <para>Do not listen to the sources of RabbitMQ.Client as well: they tell of the same messages.</para>
/// </remarks>
public static class BrokerTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "Broker.Client";

    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "Broker.Client";
}
