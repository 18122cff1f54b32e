using System.Diagnostics;
using Broker.Client;
using OpenTelemetry;
using OpenTelemetry.Trace;

// Publishes one message for each further argument, each in a span of its own, and prints what OpenTelemetry has exported of it:
//   CHILD URI QUEUE TEXT...
// A line a span: name, trace, span, parent.
if (args is not [var uri, var queue, .. var texts])
    return 2;
var exported = new List<Activity>();
using var mine = new ActivitySource("TracedChild");
using (Sdk.CreateTracerProviderBuilder()
    .AddSource(BrokerTelemetry.ActivitySourceName)
    .AddSource(mine.Name)
    .AddInMemoryExporter(exported)
    .Build())
{
    await using var broker = await BrokerClient.ConnectAsync(uri);
    foreach (var text in texts)
    {
        using var order = mine.StartActivity(text);
        await broker.SendAsync(queue, text);
    }
}

foreach (var span in exported)
    Console.WriteLine($"{span.DisplayName}|{span.TraceId}|{span.SpanId}|{span.ParentSpanId}");
return 0;
