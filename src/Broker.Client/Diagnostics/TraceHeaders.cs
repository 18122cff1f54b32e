using System.Diagnostics;
using System.Text;

namespace Broker.Client;

/// <summary>The trace that a message belongs to, in its headers: written and read as the process has it set up.</summary>
internal static class TraceHeaders
{
    /// <summary>Baggage has no other bound than its propagator's, and a message's headers are one frame.</summary>
    public const int MostBytes = 8 * 1024;

    private const string TraceParent = "traceparent";

    /// <summary>Whether the message has a trace of its own, which is not to be overwritten.</summary>
    public static bool Has(IDictionary<string, object?>? headers) => headers?.ContainsKey(TraceParent) == true;

    /// <summary>Adds the trace where the message has none. What would not fit the room is left out, the baggage first.</summary>
    public static void Write(Activity span, OutgoingHeaders headers, long room)
    {
        if (Has(headers))
            return;
        var carrier = new Carrier(headers, Math.Min(room, MostBytes));
        DistributedContextPropagator.Current.Inject(span, carrier, static (carrier, name, value) => ((Carrier)carrier!).Add(name, value)); // as given
    }

    /// <summary>The trace that the message came with; empty where it has none.</summary>
    public static ActivityContext Read(IReadOnlyDictionary<string, object?>? headers)
    {
        if (headers is not { Count: > 0 })
            return default;
        DistributedContextPropagator.Current.ExtractTraceIdAndState(headers, s_getter, out var parent, out var state);
        return ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;
    }

    public static IEnumerable<KeyValuePair<string, string?>> ReadBaggage(IReadOnlyDictionary<string, object?> headers) =>
        DistributedContextPropagator.Current.ExtractBaggage(headers, s_getter) ?? [];

    private static readonly DistributedContextPropagator.PropagatorGetterCallback s_getter =
        static (object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
        {
            values = null;
            value = ((IReadOnlyDictionary<string, object?>)carrier!).GetValueOrDefault(name) as string; // as given above
        };

    private sealed class Carrier(OutgoingHeaders headers, long room)
    {
        private const int Overhead = 6; // of a name and a value in an AMQP table
        private long _room = room;

        public void Add(string name, string value)
        {
            var bytes = Overhead + Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
            if (bytes > _room)
                return;
            _room -= bytes;
            headers.Seal(name, value);
        }
    }
}
