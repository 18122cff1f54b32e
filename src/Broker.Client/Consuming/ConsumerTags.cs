namespace Broker.Client;

/// <summary>
/// The consumer tags that are in use. On one channel a second one of the same name costs the whole connection (530);
/// here each consumer has its channel, and two of one name would still be one too many for whoever reads the broker's list.
/// </summary>
internal sealed class ConsumerTags
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _tags = new(StringComparer.Ordinal);
    private long _made;

    /// <summary>
    /// A tag for a consumer without one: short, because each delivery carries it, and the driver makes a string of it.
    /// </summary>
    public string Make() => $"bc.{Interlocked.Increment(ref _made)}";

    /// <exception cref="InvalidOperationException">It is in use.</exception>
    public void Take(string tag)
    {
        lock (_lock)
        {
            if (!_tags.Add(tag))
                throw new InvalidOperationException(
                    $"A consumer of this client already has the tag '{tag}'. Choose another ConsumerOptions.ConsumerTag, "
                    + "or leave it out for a unique one.");
        }
    }

    public void Free(string tag)
    {
        lock (_lock)
            _tags.Remove(tag);
    }
}
