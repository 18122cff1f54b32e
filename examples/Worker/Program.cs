// A service that consumes two queues:  dotnet run --project examples/Worker
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing;
using Broker.Client.Testing.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Worker;

// A host like any other, and with ASP.NET's it has an endpoint for its health.
var builder = WebApplication.CreateBuilder(args);
builder.AddBroker() // its URI is ConnectionStrings:broker, all else is in the section Broker
    .AddJsonContext(ReadingsJson.Default)
    .DeclareQueue("readings")
    .DeclareQueue("alarms")
    .AddPublisher<Reading>("", "readings")
    .AddPublisher<Alarm>("", "alarms")
    .AddConsumer<ReadingHandler, Reading>("readings")
    .AddConsumer<AlarmHandler, Alarm>("alarms");
builder.Services.AddHostedService<Thermometer>();
builder.Services.AddHealthChecks().AddBroker();
builder.Services.AddOpenTelemetry()
    .WithTracing(traces => traces.AddSource(BrokerTelemetry.ActivitySourceName).AddConsoleExporter())
    .WithMetrics(metrics => metrics.AddMeter(BrokerTelemetry.MeterName).AddConsoleExporter());

var isAlone = builder.Configuration.GetConnectionString("broker") is null;
if (isAlone)
    builder.Services.AddTestBroker();

var app = builder.Build();
if (isAlone)
    Console.WriteLine($"No ConnectionStrings:broker: using a test broker inside this program, {app.Services.GetRequiredService<TestBroker>().Uri}");
app.MapHealthChecks("/health/live", new() { Predicate = check => check.Tags.Contains("live") });
app.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains("ready") });
await app.RunAsync();
