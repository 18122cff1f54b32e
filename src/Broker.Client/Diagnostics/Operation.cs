using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// One operation from begin to end as listeners see it: a span, a duration, a count. There is none where nobody listens.
/// What a listener throws goes no further.
/// </summary>
[SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A listener may throw anything.")]
internal sealed class Operation
{
    private readonly Telemetry _telemetry;
    private readonly OperationKind _kind;
    private readonly Destination _destination;
    private readonly int _messages;
    private readonly Activity? _span;
    private readonly Activity? _outer;
    private readonly long _began;
    private volatile ServerName? _server;
    private long _writtenAt;

    /// <param name="telemetry">The clock, and where a listener's mistake is told.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="destination">What it is about.</param>
    /// <param name="messages">How many messages.</param>
    /// <param name="server">Where, if that is known already.</param>
    /// <param name="span">Its span; null where nobody wants it.</param>
    /// <param name="began">When it began; null means now.</param>
    public Operation(
        Telemetry telemetry, OperationKind kind, in Destination destination, int messages, ServerName? server, Activity? span,
        long? began = null)
    {
        _telemetry = telemetry;
        _kind = kind;
        _destination = destination;
        _messages = messages;
        _server = server;
        _span = span;
        // A span that is left out is the caller's decision, and the trace goes on all the same.
        _outer = span is null && Tracing.IsOn ? Activity.Current : null;
        _began = began ?? telemetry.Now;
    }

    /// <summary>Its span; null where nobody wants it.</summary>
    public Activity? Span => _span;

    /// <summary>What follows in this asynchronous method, and is called there, is part of it.</summary>
    public void Enter()
    {
        if (_span is not null)
            Activity.Current = _span;
    }

    /// <summary>It is on its way, perhaps once more.</summary>
    public void Written(ServerName server)
    {
        _server = server;
        Volatile.Write(ref _writtenAt, _telemetry.Now);
    }

    /// <summary>Has the message carry the trace.</summary>
    public void WriteTo(OutgoingHeaders headers, long room)
    {
        if ((_span ?? _outer) is not { } span)
            return;
        try
        {
            TraceHeaders.Write(span, headers, room);
        }
        catch (Exception error)
        {
            _telemetry.ListenerThrew(error);
        }
    }

    /// <summary>The end, once.</summary>
    /// <param name="error">The kind of failure, of which there are few; null where there was none.</param>
    /// <param name="isAnswered">Whether the broker has told what became of it.</param>
    public void End(string? error = null, bool isAnswered = false)
    {
        try
        {
            EndSpan(error);
            Record(error, isAnswered);
        }
        catch (Exception thrown)
        {
            _telemetry.ListenerThrew(thrown);
        }
    }

    /// <summary>The end, told on a thread of the pool.</summary>
    public void EndSoon(string error) =>
        ThreadPool.UnsafeQueueUserWorkItem(static end => end.Operation.End(end.Error), (Operation: this, Error: error), preferLocal: false);

    /// <summary>Ends with the task.</summary>
    public async Task<T> EndWithAsync<T>(Task<T> task, Func<Exception, string> nameOf)
    {
        try
        {
            var result = await task.ConfigureAwait(false);
            End();
            return result;
        }
        catch (Exception error)
        {
            End(nameOf(error));
            throw;
        }
    }

    private void EndSpan(string? error)
    {
        if (_span is null)
            return;
        if (_server is { } server)
            _span.SetTag(SemanticNames.ServerAddress, server.Host).SetTag(SemanticNames.ServerPort, server.BoxedPort);
        if (error is not null)
            _span.SetTag(SemanticNames.ErrorType, error).SetStatus(ActivityStatusCode.Error);
        Tracing.End(_span);
    }

    private void Record(string? error, bool isAnswered)
    {
        var writtenAt = Volatile.Read(ref _writtenAt);
        if (!_kind.Duration.Enabled && _kind.Messages?.Enabled != true && !Metrics.ConfirmDuration.Enabled)
            return;
        var tags = Telemetry.Tags(_kind, _destination, _server, error);
        _kind.Duration.Record(_telemetry.SecondsSince(_began), tags);
        // A message that was never written was not sent.
        if (_messages > 0 && (writtenAt != 0 || _kind.Type != SemanticNames.Send))
            _kind.Messages?.Add(_messages, tags);
        if (isAnswered && writtenAt != 0)
            Metrics.ConfirmDuration.Record(_telemetry.SecondsSince(writtenAt), tags);
    }
}
