using System.Collections.Concurrent;
using System.Diagnostics;
using Broker.Client.TestRun;

namespace Broker.Client.Tests.Support;

/// <summary>Listens to sources of spans and keeps those that have ended.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly SemaphoreSlim _came = new(0);
    private readonly ActivityListener _listener;

    /// <param name="sources">Their names; by default the library's.</param>
    public SpanRecorder(params string[] sources)
    {
        var names = sources.Length == 0 ? [BrokerTelemetry.ActivitySourceName] : sources;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => names.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => Sampling,
            ActivityStopped = span =>
            {
                Seen.Text?.Invoke("the name of a span", span.DisplayName);
                Seen.Text?.Invoke("the status of a span", span.StatusDescription);
                foreach (var (name, value) in span.TagObjects)
                    Seen.Text?.Invoke($"the tag {name} of a span", value as string);
                _ended.Enqueue(span);
                _came.Release();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public ActivitySamplingResult Sampling { get; set; } = ActivitySamplingResult.AllDataAndRecorded;

    public IReadOnlyCollection<Activity> Ended => _ended;

    /// <summary>The spans of this operation whose destination has this in its name, in the order of their begin.</summary>
    public IReadOnlyList<Activity> Of(string operation, string destination) =>
    [
        .. _ended.Where(span => span.Operation() == operation && $"{span.GetTagItem(SemanticNamesOf.Destination)}".Contains(destination, StringComparison.Ordinal))
            .OrderBy(span => span.StartTimeUtc),
    ];

    /// <summary>As <see cref="Of"/>, once there are so many.</summary>
    public async Task<IReadOnlyList<Activity>> ReachAsync(string operation, string destination, int count = 1)
    {
        while (Of(operation, destination) is var found)
        {
            if (found.Count >= count)
                return found;
            Assert.True(
                await _came.WaitAsync(s_patience),
                $"Waited for {count} spans of {operation} {destination}. There are:\n{string.Join('\n', _ended.Select(span => span.DisplayName))}");
        }

        return [];
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>The conventions' words, spelt out once more: a test that took them from the library would not see them change.</summary>
internal static class SemanticNamesOf
{
    public const string Destination = "messaging.destination.name";

    public static string? Operation(this Activity span) => span.GetTagItem("messaging.operation.name") as string;

    public static string? Tag(this Activity span, string name) => span.GetTagItem(name)?.ToString();
}
