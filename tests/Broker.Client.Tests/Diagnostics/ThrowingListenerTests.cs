using System.Diagnostics;
using System.Diagnostics.Metrics;
using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Tests.Diagnostics;

/// <summary>Whoever listens may throw: what they listen to goes on, and that is told once.</summary>
[Collection(Listening.Name)]
public sealed class ThrowingListenerTests : ILogger
{
    private readonly List<(int Id, string Text)> _lines = [];
    private readonly Telemetry _telemetry;

    public ThrowingListenerTests() => _telemetry = new(TimeProvider.System, this);

    [Theory]
    [InlineData("sample")]
    [InlineData("started")]
    [InlineData("stopped")]
    public void Of_spans(string where)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == BrokerTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => Throw("sample", ActivitySamplingResult.AllDataAndRecorded),
            ActivityStarted = _ => Throw("started", 0),
            ActivityStopped = _ => Throw("stopped", 0),
        };
        ActivitySource.AddActivityListener(listener);

        DoAll();

        T Throw<T>(string here, T value) => here == where ? throw new InvalidOperationException(where) : value;
    }

    [Fact]
    public void Of_measurements()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == BrokerTelemetry.MeterName)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("long"));
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => throw new InvalidOperationException("double"));
        listener.Start();

        DoAll();
    }

    [Fact]
    public void Of_those_who_pass_a_trace_on()
    {
        using var spans = new SpanRecorder();
        var before = DistributedContextPropagator.Current;
        DistributedContextPropagator.Current = new ThrowingPropagator();
        try
        {
            DoAll();
        }
        finally
        {
            DistributedContextPropagator.Current = before;
        }
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add((eventId.Id, formatter(state, exception)));

    private void DoAll()
    {
        var before = Activity.Current;
        var delivery = Deliveries.New(new RabbitMQ.Client.BasicProperties { Headers = new Dictionary<string, object?> { ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"u8.ToArray() } });
        var publish = _telemetry.Sending(OperationKind.Publish, new Publication("", "orders", new Message()), "id");
        publish?.Written(new ServerName("broker", 5672));
        publish?.WriteTo([], TraceHeaders.MostBytes);
        publish?.End(isAnswered: true);
        _telemetry.Processing(delivery, server: null)?.End();
        _telemetry.Processing([delivery, delivery], server: null)?.End("error");
        _telemetry.Consumed("orders", 1, server: null);
        _telemetry.Received(OperationKind.Get, "orders", _telemetry.Begin(OperationKind.Get), delivery, server: null);
        _telemetry.Settled(delivery, Verdict.Ack, _telemetry.Begin(OperationKind.Settling(Verdict.Ack)), server: null);
        _telemetry.Count(Metrics.Parked, 1, "orders");

        Assert.Same(before, Activity.Current);
        Assert.Equal(6000, Assert.Single(_lines).Id);
    }

    private sealed class ThrowingPropagator : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => ["traceparent"];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => throw new InvalidOperationException("inject");

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
            throw new InvalidOperationException("extract");

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
            throw new InvalidOperationException("baggage");
    }
}
