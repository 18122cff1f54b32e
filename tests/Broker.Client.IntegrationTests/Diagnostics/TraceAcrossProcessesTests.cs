using System.Diagnostics;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Tests.Support;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Broker.Client.IntegrationTests.Diagnostics;

/// <summary>With OpenTelemetry itself: another process publishes, this one handles, and it is one trace.</summary>
[Collection(Listening.Name)]
public sealed class TraceAcrossProcessesTests(BrokerFixture brokers)
{
    private static readonly string[] s_texts = ["first", "second", "third"];

    [Fact]
    public async Task A_handler_is_in_the_trace_of_the_process_that_published()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exported = new List<Activity>();
        var measured = new List<Metric>();
        var seen = new Collected<(string Text, ActivityTraceId Trace)>();
        IReadOnlyList<ChildSpan> sent;
        using (Sdk.CreateTracerProviderBuilder().AddSource(BrokerTelemetry.ActivitySourceName).AddInMemoryExporter(exported).Build())
        using (Sdk.CreateMeterProviderBuilder().AddMeter(BrokerTelemetry.MeterName).AddInMemoryExporter(measured).Build())
        {
            sent = await PublishElsewhereAsync(queue);
            await using (await broker.ConsumeAsync(queue, delivery => seen.Add((delivery.GetText(), Activity.Current!.TraceId))))
                await seen.ReachAsync(s_texts.Length);
        }

        foreach (var text in s_texts)
        {
            var order = sent.Single(span => span.Name == text);
            var publish = sent.Single(span => span.Parent == order.Span);
            var process = exported.Single(span => span.OperationName == $"process {queue}" && $"{span.TraceId}" == order.Trace);
            Assert.Equal(($"publish {queue}", order.Trace), (publish.Name, publish.Trace));
            Assert.Equal((publish.Span, publish.Span), ($"{process.ParentSpanId}", $"{process.Links.Single().Context.SpanId}"));
            Assert.True(process.HasRemoteParent);
            var ack = exported.Single(span => span.OperationName == $"ack {queue}" && span.ParentSpanId == process.SpanId);
            Assert.Equal(process.TraceId, ack.TraceId);
            Assert.Contains(seen.All, each => each.Text == text && $"{each.Trace}" == order.Trace);
        }

        Assert.Equal(s_texts.Length, Sum(measured, "messaging.client.consumed.messages", queue));
        Assert.Equal(s_texts.Length, measured.Where(metric => metric.Name == "messaging.process.duration").SelectMany(Points)
            .Where(point => Destination(point) == queue).Sum(point => point.GetHistogramCount()));
    }

    /// <summary>What the child has exported.</summary>
    private async Task<IReadOnlyList<ChildSpan>> PublishElsewhereAsync(string queue)
    {
        var child = Path.Combine(AppContext.BaseDirectory, "Broker.Client.TracedChild.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet");
        foreach (var argument in (string[])["exec", child, brokers.Shared.Uri.ToString(), queue, .. s_texts])
            start.ArgumentList.Add(argument);
        var output = await Command.RunAsync(start, TimeSpan.FromSeconds(60));
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).Select(part => new ChildSpan(part[0], part[1], part[2], part[3].Trim()))];
    }

    private static long Sum(IEnumerable<Metric> metrics, string name, string queue) =>
        metrics.Where(metric => metric.Name == name).SelectMany(Points).Where(point => Destination(point) == queue).Sum(point => point.GetSumLong());

    private static IEnumerable<MetricPoint> Points(Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
            yield return point;
    }

    private static string? Destination(MetricPoint point)
    {
        foreach (var tag in point.Tags)
        {
            if (tag.Key == SemanticNamesOf.Destination)
                return tag.Value as string;
        }

        return null;
    }

    private sealed record ChildSpan(string Name, string Trace, string Span, string Parent);
}
