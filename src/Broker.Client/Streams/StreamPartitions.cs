using System.Globalization;
using System.Text;

namespace Broker.Client;

/// <summary>
/// A stream in parts, each a stream of its own (<c>&lt;name&gt;-0</c>, <c>&lt;name&gt;-1</c>, ...), so that it can grow past one node and one
/// reader. An event goes to the partition of its key: those of one key keep their order, those of different keys need
/// not.
/// </summary>
/// <remarks>
/// Which reader has which partitions is the application's to say. Two that read one partition under one name both get all of it: over
/// AMQP 0-9-1 brokers have no single active consumer on streams. The number of partitions belongs to the stream for good: with another
/// one, keys would move.
/// </remarks>
public sealed record StreamPartitions
{
    private const int MostPartitions = 1_000;

    /// <param name="name">What the partitions are called, before their number.</param>
    /// <param name="partitions">How many there are, from 1 to 1,000.</param>
    public StreamPartitions(string name, int partitions)
    {
        Check.NotEmpty(name);
        Check.Range(partitions, 1, MostPartitions, nameof(partitions));
        Check.ShortString($"{name}-{partitions - 1}", nameof(name));
        (Name, Count) = (name, partitions);
    }

    /// <summary>What the partitions are called, before their number.</summary>
    public string Name { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The stream of a partition, from 0 on.</summary>
    public string StreamOf(int partition)
    {
        Check.Range(partition, 0, Count - 1, nameof(partition));
        return string.Create(CultureInfo.InvariantCulture, $"{Name}-{partition}");
    }

    /// <summary>
    /// The stream that events of this key go to: by the 32-bit FNV-1a hash of its UTF-8 bytes, modulo the number of partitions, which
    /// other programs can reckon too.
    /// </summary>
    public string StreamFor(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var hash = 2_166_136_261;
        foreach (var each in Encoding.UTF8.GetBytes(key))
            hash = unchecked((hash ^ each) * 16_777_619);
        return StreamOf((int)(hash % (uint)Count));
    }
}
