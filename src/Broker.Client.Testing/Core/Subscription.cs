using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>A consumer of a queue and its credit. All state is written under the virtual host's lock.</summary>
internal sealed class Subscription(MessageQueue queue, Unacked channel, ConsumeRequest request, IConsumer consumer)
{
    private const int Unlimited = 2000;

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

    /// <summary>In the order in which the consumers of its channel came.</summary>
    public int Number { get; set; }

    public StreamFilter Filter => field ??= StreamFilter.Of(request.Arguments);

    /// <summary>x-consumer-timeout.</summary>
    public TimeSpan? Timeout { get; } =
        ArgumentText.IntegerOf(request.Arguments.GetValueOrDefault("x-consumer-timeout")) is { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    public int Outstanding { get; set; }

    /// <summary>How many more it may have; no limit is a number too.</summary>
    public int Credit => (Prefetch == 0 ? Unlimited : Prefetch) - Outstanding;

    /// <summary>Credit that it was given twice.</summary>
    public int Bonus { get; set; }

    /// <summary>It gets nothing more: a fault is about to end it.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>A message was taken back from it because it held that for too long; to settle one of those late is a sign
    /// of life.</summary>
    public bool IsOverdue { get; set; }

    public bool HasCredit =>
        channel.IsActive && !IsSuspended && !IsOverdue
        && (queue.Arguments.Type != QueueType.Classic || channel.HasGlobalCredit)
        && (NoAck || Prefetch == 0 || Outstanding - Bonus < Prefetch);
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
