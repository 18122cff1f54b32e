namespace Broker.Client;

/// <summary>How messages are handled many at a time.</summary>
internal sealed record BatchOptions(
    Func<IReadOnlyList<Delivery>, CancellationToken, ValueTask> Handler, int Size, TimeSpan MaxWait)
{
    /// <summary>The options of the consumer beneath, frozen, with a prefetch under which batches can fill.</summary>
    public ConsumerOptions Adapt(ConsumerOptions? options)
    {
        Check.Range(Size, 1, ushort.MaxValue, "size");
        Check.Positive(MaxWait, "maxWait");
        var frozen = (options ?? new ConsumerOptions()).Freeze();
        if (frozen.AckMode == AckMode.BeforeHandler)
            throw new ArgumentException(
                "A batch is acknowledged after its handler: BeforeHandler is for single messages. Leave ConsumerOptions.AckMode alone, or use Manual.", nameof(options));
        if (frozen.OrderingKey is not null)
            throw new ArgumentException(
                "ConsumerOptions.OrderingKey orders single messages; a batch has them in the order of the queue. Leave it out.",
                nameof(options));
        if (frozen.Filters.FirstOrDefault(static filter => filter is not IBatchFilter) is { } single)
            throw new ArgumentException(
                $"{single.GetType()} in ConsumerOptions.Filters stands around single messages, and batches would pass it by. Have it "
                + $"be an {nameof(IBatchFilter)} too, or leave it out.",
                nameof(options));
        if (frozen.Prefetch < Size)
            throw new ArgumentException(
                $"ConsumerOptions.Prefetch ({frozen.Prefetch}) is below the size of a batch ({Size}), which would never be full. "
                + "Raise the one or lower the other.",
                nameof(options));
        // One batch in each lane, and the next on its way.
        var enough = (long)Size * (frozen.Concurrency + 1);
        return frozen with
        {
            Prefetch = frozen.Prefetch ?? (ushort)Math.Min(Math.Max(enough, frozen.EffectivePrefetch), ushort.MaxValue),
        };
    }
}
