using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Broker.Client;

/// <summary>The kinds of operations that are traced and measured, and what the conventions call them.</summary>
/// <param name="Name">The system's own word.</param>
/// <param name="Type">One of the conventions' few.</param>
/// <param name="Span">The role that a span of it has.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Messages">How many messages it was about, where it is the operation that counts them.</param>
internal sealed record OperationKind(
    string Name, string Type, ActivityKind Span, Histogram<double> Duration, Counter<long>? Messages = null)
{
    public static readonly OperationKind Publish = new(
        SemanticNames.Publish, SemanticNames.Send, ActivityKind.Producer, Metrics.OperationDuration, Metrics.SentMessages);

    /// <summary>A request until its reply, whose span is the one that the other side sees.</summary>
    public static readonly OperationKind Call = new(
        SemanticNames.Call, SemanticNames.Send, ActivityKind.Producer, Metrics.OperationDuration, Metrics.SentMessages);

    /// <summary>One run of a handler; the messages are counted apart from it, once each.</summary>
    public static readonly OperationKind Process = new(
        SemanticNames.Process, SemanticNames.Process, ActivityKind.Consumer, Metrics.ProcessDuration);

    public static readonly OperationKind Receive = new(
        SemanticNames.Receive, SemanticNames.Receive, ActivityKind.Client, Metrics.OperationDuration, Metrics.ConsumedMessages);

    public static readonly OperationKind Get = new(
        SemanticNames.Get, SemanticNames.Receive, ActivityKind.Client, Metrics.OperationDuration, Metrics.ConsumedMessages);

    private static readonly OperationKind s_ack = Settle(SemanticNames.Ack);
    private static readonly OperationKind s_nack = Settle(SemanticNames.Nack);
    private static readonly OperationKind s_reject = Settle(SemanticNames.Reject);

    /// <summary>Whether someone listens to anything that becomes of it.</summary>
    public bool IsObserved => Tracing.IsOn || Duration.Enabled || Messages?.Enabled == true;

    public static OperationKind Settling(Verdict verdict) => verdict switch
    {
        Verdict.Ack => s_ack,
        Verdict.Release => s_nack,
        _ => s_reject,
    };

    private static OperationKind Settle(string name) =>
        new(name, SemanticNames.Settle, ActivityKind.Client, Metrics.OperationDuration);
}
