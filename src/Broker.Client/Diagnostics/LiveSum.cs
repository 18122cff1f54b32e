using System.Diagnostics.Metrics;
using System.Numerics;

namespace Broker.Client;

/// <summary>
/// A number that is looked up when someone wants it, so that it is right whenever the listening began: the sum over all
/// that live, for each value of one tag.
/// </summary>
/// <param name="tag">The tag; null where there is one sum for all.</param>
internal sealed class LiveSum<T>(string? tag)
    where T : struct, INumber<T>
{
    private readonly Lock _lock = new();
    private readonly List<Part> _parts = [];
    private readonly Dictionary<string, T> _kept = new(StringComparer.Ordinal);

    /// <summary>Counts until it is disposed.</summary>
    /// <param name="value">The tag's value; empty leaves the tag out.</param>
    /// <param name="read">Reads the number; from any thread, and at once.</param>
    /// <param name="keep">Whether the last number stays in the sum: that of a counter must not fall.</param>
    public IDisposable Add(string value, Func<T> read, bool keep = false)
    {
        var part = new Part(this, value, read, keep);
        lock (_lock)
            _parts.Add(part);
        return part;
    }

    public IEnumerable<Measurement<T>> Observe()
    {
        lock (_lock)
        {
            var sums = new Dictionary<string, T>(_kept, StringComparer.Ordinal);
            foreach (var part in _parts)
                sums[part.Value] = sums.GetValueOrDefault(part.Value) + part.Read();
            return [.. sums.Select(sum => new Measurement<T>(sum.Value, Tags(sum.Key)))];
        }
    }

    private KeyValuePair<string, object?>[] Tags(string value)
    {
        KeyValuePair<string, object?> system = new(SemanticNames.System, SemanticNames.RabbitMq);
        return tag is null || value.Length == 0 ? [system] : [system, new(tag, value)];
    }

    private void Remove(Part part)
    {
        lock (_lock)
        {
            if (_parts.Remove(part) && part.Keep)
                _kept[part.Value] = _kept.GetValueOrDefault(part.Value) + part.Read();
        }
    }

    private sealed record Part(LiveSum<T> Sum, string Value, Func<T> Read, bool Keep) : IDisposable
    {
        public void Dispose() => Sum.Remove(this);
    }
}
