using System.Diagnostics;

namespace Broker.Client;

/// <summary>
/// A stretch of code after which the span is current that was so before, whatever becomes current in it. Not by setting it
/// again, because a span that has ended, as one may have that a reply belongs to, cannot be set.
/// </summary>
internal readonly ref struct SpanScope
{
    private readonly ExecutionContext? _context;
    private readonly Activity? _current;
    private readonly bool _isOn;

    private SpanScope(ExecutionContext? context, Activity? current) => (_context, _current, _isOn) = (context, current, true);

    public static SpanScope Keep() => new(ExecutionContext.Capture(), Activity.Current); // no context where its flow is suppressed

    public void Dispose()
    {
        if (!_isOn)
            return;
        if (_context is not null)
            ExecutionContext.Restore(_context);
        else
            Activity.Current = _current;
    }
}
