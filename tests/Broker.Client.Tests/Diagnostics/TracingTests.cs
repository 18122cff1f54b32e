using System.Diagnostics;
using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Diagnostics;

[Collection(Listening.Name)]
public sealed class TracingTests : IDisposable
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly Telemetry _telemetry = new(TimeProvider.System, NullLogger.Instance);
    private readonly SpanRecorder _spans = new();
    private readonly OutgoingHeaders _headers = [];

    public void Dispose() => _spans.Dispose();

    [Fact]
    public void A_publish_has_a_span_as_the_conventions_want_it()
    {
        var operation = Publish(new Publication("events", "order.created", new Message { CorrelationId = "c" }));
        operation.Written(new ServerName("broker", 5672));
        operation.End();

        var span = Assert.Single(_spans.Ended);
        Assert.Equal(("publish events", ActivityKind.Producer, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.Status));
        Assert.Equal(
            [
                ("messaging.destination.name", "events:order.created"), ("messaging.destination.template", "events"),
                ("messaging.message.conversation_id", "c"), ("messaging.message.id", "id"), ("messaging.operation.name", "publish"),
                ("messaging.operation.type", "send"), ("messaging.rabbitmq.destination.routing_key", "order.created"),
                ("messaging.system", "rabbitmq"), ("server.address", "broker"), ("server.port", "5672"),
            ],
            span.TagObjects.Select(tag => (tag.Key, $"{tag.Value}")).Order());
    }

    [Fact]
    public void A_handlers_span_is_the_child_of_the_publish_and_links_to_it()
    {
        var publish = Publish();
        publish.WriteTo(_headers, TraceHeaders.MostBytes);
        publish.End();

        using (Detached.Suppress())
        {
            var process = _telemetry.Processing(Delivered(), new ServerName("broker", 5672))!;
            process.End();
        }

        var (sent, handled) = (_spans.Ended.First(), _spans.Ended.Last());
        Assert.Equal((sent.TraceId, sent.SpanId), (handled.TraceId, handled.ParentSpanId));
        Assert.Equal(sent.Context.SpanId, Assert.Single(handled.Links).Context.SpanId);
        Assert.Equal(("process orders", ActivityKind.Consumer, "exchange:key:orders"), (handled.DisplayName, handled.Kind, handled.Tag("messaging.destination.name")));
        Assert.Equal(("process", "1"), (handled.Tag("messaging.operation.type"), handled.Tag("messaging.rabbitmq.message.delivery_tag")));
    }

    [Fact]
    public void A_batch_links_to_every_publish_and_is_the_child_of_none()
    {
        var deliveries = Enumerable.Range(0, 3).Select(_ =>
        {
            _headers.Clear();
            var publish = Publish();
            publish.WriteTo(_headers, TraceHeaders.MostBytes);
            publish.End();
            return Delivered();
        }).ToList();

        _telemetry.Processing([.. deliveries, Deliveries.New()], server: null)!.End();

        var batch = _spans.Ended.Last();
        Assert.Equal(_spans.Ended.Take(3).Select(span => span.SpanId), batch.Links.Select(link => link.Context.SpanId));
        Assert.Equal((default, "4"), (batch.ParentSpanId, batch.Tag("messaging.batch.message_count")));
    }

    [Fact]
    public void A_verdict_is_the_child_of_the_handler_and_without_one_of_the_publish()
    {
        var publish = Publish();
        publish.WriteTo(_headers, TraceHeaders.MostBytes);
        publish.End();
        var delivery = Delivered();
        var handler = _telemetry.Processing(delivery, server: null)!;

        using (Tracing.Within(handler.Span))
            Settle(delivery, Verdict.Ack);
        handler.End();
        Settle(delivery, Verdict.Retry);

        var (ack, reject) = (_spans.Of("ack", "orders").Single(), _spans.Of("reject", "orders").Single());
        Assert.Equal((handler.Span!.SpanId, publish.Span!.SpanId), (ack.ParentSpanId, reject.ParentSpanId));
        Assert.All([ack, reject], span => Assert.Equal(("settle", ActivityKind.Client, publish.Span.SpanId), (span.Tag("messaging.operation.type"), span.Kind, span.Links.Single().Context.SpanId)));
        Assert.Equal(("ack orders", "reject orders", "Retry"), (ack.DisplayName, reject.DisplayName, reject.Tag("broker.client.verdict")));
    }

    [Fact]
    public void A_message_that_is_got_or_missing_has_a_span_of_the_time_that_it_took()
    {
        var began = _telemetry.Begin(OperationKind.Get);

        _telemetry.Received(OperationKind.Get, "orders", began, Deliveries.New(), server: null);
        _telemetry.Received(OperationKind.Get, "empty", began, delivery: null, server: null);

        Assert.Equal(["get orders", "get empty"], _spans.Ended.Select(span => span.DisplayName));
        Assert.All(_spans.Ended, span => Assert.Equal((ActivityKind.Client, "receive"), (span.Kind, span.Tag("messaging.operation.type"))));
        Assert.All(_spans.Ended, span => Assert.InRange(span.Duration, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_failure_is_told_by_its_kind_and_never_in_words()
    {
        var operation = Publish();
        operation.End("Returned");

        var span = Assert.Single(_spans.Ended);
        Assert.Equal((ActivityStatusCode.Error, null, "Returned"), (span.Status, span.StatusDescription, span.Tag("error.type")));
        Assert.Empty(span.Events);
    }

    [Fact]
    public void The_callers_span_is_its_parent_and_stays_current()
    {
        using var mine = new ActivitySource("mine");
        using var listening = new SpanRecorder("mine");
        using var current = mine.StartActivity();

        var operation = Publish();
        Assert.Equal(current, Activity.Current);
        operation.End();

        Assert.Equal(current, Activity.Current);
        Assert.Equal(current!.SpanId, _spans.Ended.Single().ParentSpanId);
    }

    [Fact]
    public void A_current_span_that_has_ended_already_stays_current_too()
    {
        using var mine = new ActivitySource("mine");
        using var listening = new SpanRecorder("mine");
        var ended = new Activity("ended").Start();
        var context = ExecutionContext.Capture()!;
        ended.Stop();
        ExecutionContext.Restore(context);

        var operation = Publish();
        Assert.Same(ended, Activity.Current);
        operation.End();

        Assert.Same(ended, Activity.Current);
    }

    [Fact]
    public void A_message_that_is_sent_again_carries_the_same_trace()
    {
        var operation = Publish();
        operation.WriteTo(_headers, TraceHeaders.MostBytes);
        var first = _headers["traceparent"];
        _headers.Clear();
        operation.WriteTo(_headers, TraceHeaders.MostBytes);

        Assert.Equal(first, _headers["traceparent"]);
        Assert.Equal(operation.Span!.Id, first);
    }

    [Fact]
    public void A_trace_that_the_message_has_already_is_kept_and_linked_to()
    {
        _headers["traceparent"] = Parent;
        var operation = Publish(new Publication("", "orders", new Message { Headers = { ["traceparent"] = Parent } }));

        operation.WriteTo(_headers, TraceHeaders.MostBytes);
        operation.End();

        Assert.Equal(Parent, _headers["traceparent"]);
        Assert.Equal(ActivitySpanId.CreateFromString("b7ad6b7169203331"), _spans.Ended.Single().Links.Single().Context.SpanId);
    }

    [Fact]
    public void State_and_baggage_go_along()
    {
        using var caller = new Activity("caller") { TraceStateString = "vendor=1" }.AddBaggage("tenant", "seven").Start();
        Publish().WriteTo(_headers, TraceHeaders.MostBytes);

        var handler = _telemetry.Processing(Delivered(), server: null)!;

        Assert.Equal(("vendor=1", "seven"), (handler.Span!.TraceStateString, handler.Span.GetBaggageItem("tenant")));
    }

    [Fact]
    public void Baggage_for_which_a_frame_has_no_room_is_left_out_and_the_trace_is_not()
    {
        using var caller = new Activity("caller").AddBaggage("load", new string('x', 300)).Start();

        Publish().WriteTo(_headers, room: 200);

        Assert.Equal(["traceparent"], _headers.Keys);
    }

    [Fact]
    public void The_trace_of_a_caller_goes_along_when_the_publish_itself_is_left_out_of_it()
    {
        _spans.Sampling = ActivitySamplingResult.None;
        using var caller = new Activity("caller").Start();

        var operation = Publish();
        operation.WriteTo(_headers, TraceHeaders.MostBytes);

        Assert.Null(operation.Span);
        Assert.Equal(caller.Id, _headers["traceparent"]);
    }

    private Operation Publish(Publication? publication = null) =>
        _telemetry.Sending(OperationKind.Publish, publication ?? new Publication("", "orders", new Message()), "id")!;

    private void Settle(Delivery delivery, Verdict verdict) =>
        _telemetry.Settled(delivery, verdict, _telemetry.Begin(OperationKind.Settling(verdict)), server: null);

    // The wire has bytes where there was text.
    private AmqpDelivery Delivered() => Deliveries.New(new BasicProperties
    {
        Headers = _headers.ToDictionary(header => header.Key, header => (object?)System.Text.Encoding.UTF8.GetBytes((string)header.Value!)),
    });
}
