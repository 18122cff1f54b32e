using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using Broker.Client.TestRun;
using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>The watch over secrets sees a leak wherever one is planted; here with a secret of its own, so that the run does not fail for it.</summary>
public sealed class SecretWatchTests
{
    private const string Secret = "pl@nted:s/e%c+r€t";

    private readonly ConcurrentQueue<string> _found = new();

    [Fact]
    public void In_an_exception_and_an_event()
    {
        using var watch = new SecretWatch([("ann", Secret)], _found.Enqueue);
        using var events = new EventSource("rabbitmq-planted");

        Assert.Throws<InvalidOperationException>(static () => Throw($"Login as ann with {Secret} failed."));
        events.Write("login", new { Text = $"\0ann\0{Secret}" });
        watch.Look("a text", $"AMQPLAIN {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"\0ann\0{Secret}"))}");

        foreach (var where in new[] { "a System.InvalidOperationException", "an event of rabbitmq-planted", "a text" })
            Assert.Single(_found, found => found.StartsWith($"{where}: ", StringComparison.Ordinal));
        Assert.Equal(3, _found.Count);
    }

    [Fact]
    public void In_spans_and_measurements_that_a_test_records()
    {
        using var watch = new SecretWatch([("ann", Secret)], _found.Enqueue);
        var before = Seen.Text!;
        Seen.Text = (where, text) =>
        {
            before(where, text);
            watch.Look(where, text);
        };
        using var spans = new SpanRecorder("Broker.Client.Planted");
        using var measurements = new MeasurementRecorder();
        using var source = new ActivitySource("Broker.Client.Planted");
        using var meter = new Meter(BrokerTelemetry.MeterName);

        source.StartActivity("connect")?.SetTag("login", $"ann:{Uri.EscapeDataString(Secret)}").Stop();
        meter.CreateCounter<long>("logins").Add(1, new KeyValuePair<string, object?>("login", Secret));
        Seen.Text = before;

        foreach (var where in new[] { "the tag login of a span", "the tag login of logins" })
            Assert.Single(_found, found => found.StartsWith($"{where}: ", StringComparison.Ordinal));
    }

    [Fact]
    public void In_every_form_and_in_nothing_else()
    {
        using var watch = new SecretWatch([("ann", Secret)], _found.Enqueue);
        var forms = new Canary("ann", Secret).Forms;

        foreach (var form in forms)
            watch.Look("a form", $"... {form} ...");
        watch.Look("nothing", "Login as ann with *** failed.");

        Assert.Equal(forms.Count, _found.Count);
    }

    [Fact]
    public void The_tests_loggers_are_watched_at_every_level() =>
        Assert.All(Enum.GetValues<LogLevel>(), static level => Assert.True(SecretWatch.Loggers.CreateLogger("any").IsEnabled(level)));

    private static void Throw(string message) => throw new InvalidOperationException(message);
}
