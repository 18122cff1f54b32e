using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Benchmarks.Raw;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>Keeps a queue at its depth from section to section, and looks at what a section has left of it.</summary>
internal sealed class Supply(ConsumeGroup group, QueueSet queues) : IDisposable
{
    private readonly Dictionary<string, RawPublisher> _publishers = [];

    /// <summary>Makes it so many messages, or about; how many it has then.</summary>
    public async Task<long> FillAsync(string queue, int depth)
    {
        if (group.Kind == ServerKind.Bare)
            return long.MaxValue;
        // A stream keeps what was read; how much it has it tells some seconds late.
        var count = !group.IsStream ? await queues.CountAsync(queue) : _publishers.ContainsKey(queue) ? depth : 0;
        if (count > depth * 1.5)
        {
            await queues.PurgeAsync(queue);
            count = 0;
        }

        if (count >= depth)
            return count;
        if (!_publishers.TryGetValue(queue, out var publisher))
            _publishers[queue] = publisher = await RawPublisher.ConnectAsync(group.Uri, queue, group.Size, declare: false, persistent: true);
        await publisher.PublishAsync((int)(depth - count));
        return depth;
    }

    /// <exception cref="InvalidOperationException">
    /// The broker has still messages that were handled: they were not acknowledged.
    /// </exception>
    public async Task CheckAsync(string queue, long depth, long handled, int unacknowledged)
    {
        if (group.Kind == ServerKind.Bare || group.IsStream)
            return;
        var left = await queues.CountAsync(queue);
        if (left > depth - handled + unacknowledged)
            throw new InvalidOperationException($"it handled {handled} of {depth} messages, and the broker still has {left}");
    }

    public void Dispose()
    {
        foreach (var publisher in _publishers.Values)
            publisher.Dispose();
    }
}
