using System.Diagnostics;
using System.Reflection;

namespace Broker.Client;

/// <summary>The source of spans, and which span is current when.</summary>
internal static class Tracing
{
    public static readonly string Version =
        typeof(Tracing).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private static readonly ActivitySource s_source = new(new ActivitySourceOptions(BrokerTelemetry.ActivitySourceName)
    {
        Version = Version,
        TelemetrySchemaUrl = SemanticNames.SchemaUrl,
    });

    /// <summary>Whether someone listens.</summary>
    public static bool IsOn => s_source.HasListeners();

    /// <summary>A span that is begun, or null where nobody wants it. It is not the current one afterwards.</summary>
    public static Activity? Begin(
        string name, ActivityKind kind, ActivityContext parent, IEnumerable<KeyValuePair<string, object?>> tags,
        IEnumerable<ActivityLink>? links, DateTimeOffset begunAt = default)
    {
        using (SpanScope.Keep())
            return s_source.StartActivity(kind, parent, tags, links, begunAt, name);
    }

    /// <summary>Ends it, on any thread, whose current span is left as it is.</summary>
    public static void End(Activity activity)
    {
        using (SpanScope.Keep())
            activity.Stop();
    }

    /// <summary>
    /// Until it is disposed, on this thread, this span is the current one: the driver's own, where someone listens to it,
    /// becomes its child and not the begin of another trace. Null changes nothing.
    /// </summary>
    public static SpanScope Within(Activity? span)
    {
        if (span is null)
            return default;
        var scope = SpanScope.Keep();
        Activity.Current = span;
        return scope;
    }

    /// <summary>Marks the current span, if it is ours: what failed in it was caught, and told in another way.</summary>
    public static void FailCurrent(Exception error)
    {
        if (Activity.Current is { } span && span.Source == s_source)
            span.SetTag(SemanticNames.ErrorType, error.GetType().FullName).SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>
    /// To be called first in an asynchronous method that calls the driver in the context of a user: RabbitMQ.Client 7.2.2
    /// tags whatever span is current with every frame it writes, while someone listens to its own source. The caller's is
    /// current again when the method returns.
    /// </summary>
    public static void LeaveCallersSpan()
    {
        if (Activity.Current is not null)
            Activity.Current = null;
    }
}
