using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>A consumer of a queue and its credit. All state is written under the virtual host's lock.</summary>
internal sealed class Subscription(MessageQueue queue, Unacked channel, ConsumeRequest request, IConsumer consumer)
{
    public MessageQueue Queue => queue;

    public Unacked Channel => channel;

    public IConsumer Consumer => consumer;

    public string Tag => request.Tag;

    public bool NoAck => request.NoAck;

    public bool Exclusive => request.Exclusive;

    public int Prefetch => request.Prefetch;

    public int Priority => request.Priority;

    /// <summary>What basic.consume came with.</summary>
    public IReadOnlyDictionary<string, object?> Arguments => request.Arguments;

    public StreamFilter Filter => field ??= StreamFilter.Of(request.Arguments);

    public int Outstanding { get; set; }

    /// <summary>Credit that it was given twice.</summary>
    public int Bonus { get; set; }

    /// <summary>It gets nothing more: a fault is about to end it.</summary>
    public bool IsSuspended { get; set; }

    public bool HasCredit =>
        channel.IsActive && !IsSuspended
        && (queue.Arguments.Type != QueueType.Classic || channel.HasGlobalCredit) && (NoAck || Prefetch == 0 || Outstanding - Bonus < Prefetch);
}

/// <summary>What basic.consume asks for; an empty tag lets the broker choose, prefetch 0 is no limit.</summary>
internal sealed record ConsumeRequest(string Queue, string Tag = "")
{
    public bool NoAck { get; init; }

    public bool Exclusive { get; init; }

    public int Prefetch { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>x-priority; the higher is served first.</summary>
    public int Priority { get; init; }
}
