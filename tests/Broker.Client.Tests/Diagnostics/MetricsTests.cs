using System.Diagnostics.Metrics;
using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Diagnostics;

[Collection(Listening.Name)]
public sealed class MetricsTests : IDisposable
{
    private static readonly ServerName s_server = new("broker", 5672);

    private readonly FakeTimeProvider _time = new();
    private readonly MeasurementRecorder _measured = new();
    private readonly Telemetry _telemetry;

    public MetricsTests() => _telemetry = new(_time, NullLogger.Instance);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void The_instruments_are_these_in_these_units()
    {
        _telemetry.Count(Metrics.Retries, 1, "orders"); // they are there from the first use on

        Assert.Equal(
            [
                "broker.client.confirm.duration s", "broker.client.connection.blocked.time s",
                "broker.client.connection.reconnects {reconnect}", "broker.client.consumer.in_flight {message}",
                "broker.client.consumer.parked {message}", "broker.client.consumer.restarts {restart}",
                "broker.client.consumer.retries {message}", "broker.client.publish.unconfirmed {message}",
                "messaging.client.consumed.messages {message}", "messaging.client.operation.duration s",
                "messaging.client.sent.messages {message}", "messaging.process.duration s",
            ],
            _measured.Instruments.Values.Select(each => $"{each.Name} {each.Unit}").Order(StringComparer.Ordinal));
        Assert.All(
            _measured.Instruments.Values.OfType<Histogram<double>>(),
            each => Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], each.Advice?.HistogramBucketBoundaries ?? []));
    }

    [Fact]
    public void A_confirmed_publish_is_measured_from_the_call_and_from_the_last_write()
    {
        var operation = Publish();
        _time.Advance(TimeSpan.FromSeconds(1));
        operation.Written(s_server);
        _time.Advance(TimeSpan.FromSeconds(2));
        operation.Written(s_server);
        _time.Advance(TimeSpan.FromSeconds(4));
        operation.End(isAnswered: true);

        Assert.Equal(7, _measured.Of("messaging.client.operation.duration").Single().Value);
        Assert.Equal(4, _measured.Of("broker.client.confirm.duration").Single().Value);
        var sent = _measured.Of("messaging.client.sent.messages").Single();
        Assert.Equal(1, sent.Value);
        Assert.Equal(
            [
                ("messaging.destination.name", "events"), ("messaging.operation.name", "publish"), ("messaging.operation.type", "send"),
                ("messaging.system", "rabbitmq"), ("server.address", "broker"), ("server.port", "5672"),
            ],
            sent.Tags.Select(tag => (tag.Key, $"{tag.Value}")).Order());
    }

    [Fact]
    public void What_was_never_written_was_not_sent()
    {
        Publish().End("NotSent");

        Assert.Empty(_measured.Of("messaging.client.sent.messages"));
        Assert.Empty(_measured.Of("broker.client.confirm.duration"));
        Assert.Equal("NotSent", _measured.Of("messaging.client.operation.duration").Single().Tag("error.type"));
    }

    [Fact]
    public void A_handlers_time_is_measured_for_each_run_and_its_message_counted_once()
    {
        var delivery = Deliveries.New();
        _telemetry.Consumed(delivery.Queue, 1, s_server);
        for (var run = 1; run <= 2; run++)
        {
            var operation = _telemetry.Processing(delivery, s_server)!;
            _time.Advance(TimeSpan.FromSeconds(run));
            operation.End(run == 1 ? "System.TimeoutException" : null);
        }

        Assert.Equal([(1d, "System.TimeoutException"), (2d, null)], _measured.Of("messaging.process.duration", "orders").Select(each => (each.Value, each.Tag("error.type"))));
        Assert.Equal(1, _measured.Of("messaging.client.consumed.messages", "orders").Single().Value);
        Assert.Empty(_measured.Of("messaging.client.operation.duration"));
    }

    [Fact]
    public void A_name_that_was_made_up_is_in_no_measurement()
    {
        _telemetry.Sending(OperationKind.Publish, new Publication("", GeneratedNames.Make(), new Message()), "id")!.End();
        _telemetry.Count(Metrics.Parked, 1, GeneratedNames.Make());

        Assert.All(_measured.All, each => Assert.DoesNotContain("messaging.destination.name", each.Tags.Keys));
    }

    [Fact]
    public void An_empty_queue_is_no_message()
    {
        _telemetry.Received(OperationKind.Get, "orders", _telemetry.Begin(OperationKind.Get), delivery: null, s_server);

        Assert.Empty(_measured.Of("messaging.client.consumed.messages"));
        Assert.Single(_measured.Of("messaging.client.operation.duration", "orders"));
    }

    private Operation Publish() => _telemetry.Sending(OperationKind.Publish, new Publication("events", "order.created", new Message()), "id")!;
}
