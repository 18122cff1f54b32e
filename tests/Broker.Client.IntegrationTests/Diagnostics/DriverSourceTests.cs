using System.Diagnostics;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Tests.Support;

namespace Broker.Client.IntegrationTests.Diagnostics;

/// <summary>Whoever listens to RabbitMQ.Client as well: its spans get in nobody's way.</summary>
[Collection(Listening.Name)]
public sealed class DriverSourceTests(BrokerFixture brokers)
{
    [Fact]
    public async Task The_drivers_tags_are_on_no_span_of_the_caller_or_of_ours()
    {
        using var spans = new SpanRecorder(BrokerTelemetry.ActivitySourceName, "RabbitMQ.Client.Publisher", "RabbitMQ.Client.Subscriber", "mine");
        using var mine = new ActivitySource("mine");
        await using var probe = await brokers.Shared.ProbeAsync();
        var current = mine.StartActivity("caller")!;
        string queue;
        await using (var broker = await brokers.Shared.ConnectAsync())
        {
            queue = await broker.DeclareAsync(probe);
            await using var server = await broker.ServeAsync(await broker.DeclareAsync(probe), static _ => "reply");
            await broker.SendAsync(queue, "one").InTime();
            await broker.CallAsync(server.Queue, "x").InTime();
            await (await broker.GetAsync(queue).InTime())!.RetryAsync();
            var handled = new Signal();
            await using var consumer = await broker.ConsumeAsync(
                queue,
                async delivery =>
                {
                    using var inHandler = mine.StartActivity("handler");
                    await delivery.AckAsync();
                    await broker.FindQueueAsync(queue);
                    handled.Set();
                },
                new() { AckMode = AckMode.Manual });
            await handled.Task.InTime();
            await foreach (var delivery in broker.ReadAsync(await FilledAsync(broker, probe)))
            {
                await delivery.AckAsync();
                break;
            }
        }

        current.Stop();
        Assert.Contains(spans.Ended, span => span.Source.Name == "RabbitMQ.Client.Publisher"); // it was listened to
        Assert.All(spans.Ended.Where(span => span.Source.Name == "mine"), span => Assert.Empty(span.TagObjects));
        Assert.All(
            spans.Ended.Where(span => span.Source.Name == BrokerTelemetry.ActivitySourceName),
            span => Assert.DoesNotContain(span.TagObjects, tag => tag.Key is "messaging.message.envelope.size" or "client.address"));
    }

    [Fact]
    public async Task The_trace_on_the_wire_is_ours_and_the_drivers_span_is_a_part_of_it()
    {
        using var spans = new SpanRecorder(BrokerTelemetry.ActivitySourceName, "RabbitMQ.Client.Publisher");
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAsync(queue, "x").InTime();

        var ours = spans.Ended.Single(span => span.Source.Name == BrokerTelemetry.ActivitySourceName && span.DisplayName == $"publish {queue}");
        var drivers = spans.Ended.Single(span => span.Source.Name == "RabbitMQ.Client.Publisher" && span.DisplayName == $"publish {queue}");
        Assert.Equal((ours.TraceId, ours.SpanId), (drivers.TraceId, drivers.ParentSpanId));
        Assert.Equal(ours.Id, (await probe.GetAsync(queue))?.Header("traceparent"));
    }

    private static async Task<string> FilledAsync(BrokerClient broker, BrokerProbe probe)
    {
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "read").InTime();
        return queue;
    }
}
