using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>Takes every span and every measurement of the library, and does nothing with them.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly ActivityListener _spans = new()
    {
        ShouldListenTo = static source => source.Name == BrokerTelemetry.ActivitySourceName,
        Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };

    private readonly MeterListener _measurements = new()
    {
        InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == BrokerTelemetry.MeterName)
                listener.EnableMeasurementEvents(instrument);
        },
    };

    public Listeners()
    {
        ActivitySource.AddActivityListener(_spans);
        _measurements.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        _measurements.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        _measurements.Start();
    }

    public void Dispose()
    {
        _measurements.Dispose();
        _spans.Dispose();
    }
}
