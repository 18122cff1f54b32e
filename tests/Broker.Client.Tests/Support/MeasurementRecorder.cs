using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Broker.Client.TestRun;

namespace Broker.Client.Tests.Support;

/// <summary>One measurement, with its instrument and its tags.</summary>
internal sealed record Measured(Instrument Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    public string? Tag(string name) => Tags.GetValueOrDefault(name)?.ToString();
}

/// <summary>Listens to the library's meter and keeps what is measured.</summary>
internal sealed class MeasurementRecorder : IDisposable
{
    private readonly ConcurrentQueue<Measured> _all = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new();
    private readonly MeterListener _listener = new();

    public MeasurementRecorder()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != BrokerTelemetry.MeterName)
                return;
            _instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyDictionary<string, Instrument> Instruments => _instruments;

    public IReadOnlyCollection<Measured> All => _all;

    public IReadOnlyList<Measured> Of(string instrument, string? destination = null) =>
    [
        .. _all.Where(each => each.Instrument.Name == instrument && (destination is null || each.Tag("messaging.destination.name") == destination)),
    ];

    /// <summary>What an instrument that is looked at says now.</summary>
    public IReadOnlyList<Measured> Look(string instrument, string? destination = null)
    {
        _all.Clear();
        _listener.RecordObservableInstruments();
        return Of(instrument, destination);
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, text) in tags)
            Seen.Text?.Invoke($"the tag {name} of {instrument.Name}", text as string);
        _all.Enqueue(new Measured(instrument, value, tags.ToArray().ToDictionary()));
    }
}
