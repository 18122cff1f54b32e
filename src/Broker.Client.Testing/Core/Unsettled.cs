using System.Globalization;

namespace Broker.Client.Testing;

/// <summary>A delivery that a channel has not settled yet, and until when it may leave it so. One that is over was held for
/// too long and taken back: who settles it late is heard, and nothing else.</summary>
internal readonly record struct Unsettled(
    ulong Tag, MessageRecord Record, MessageQueue Queue, Subscription? Subscription, DateTimeOffset Due, TimeSpan Limit,
    bool IsOver = false)
{
    // Beyond it there is none: the calendar ends.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365_000);

    public static Unsettled Of(
        ulong tag, MessageRecord record, MessageQueue queue, Subscription? subscription, QueueContext context)
    {
        var profile = context.Profile;
        var limit = profile.TimeoutCancelsConsumers && subscription?.Timeout is { } own ? own
            : queue.Arguments.ConsumerTimeout ?? context.Limits.ConsumerTimeout;
        var isWatched = !profile.TimeoutCancelsConsumers || queue.Arguments.IsQuorum;
        var due = isWatched && limit < s_longest ? context.Now + limit : DateTimeOffset.MaxValue;
        return new(tag, record, queue, subscription, due, limit);
    }

    /// <summary>Where its holder stands among those whose messages are settled together.</summary>
    public (int Rank, ulong Number, string? Name) PlaceOf(bool isLost, RabbitProfile profile)
    {
        // A classic queue takes all of it back at once.
        if (isLost && Queue.Arguments.Type == QueueType.Classic) return default;
        // A quorum queue that lost a channel goes by what it knows the holders by: names, which for a basic.get is its tag
        // in digits, or on RabbitMQ 4 consumers in the order in which they came, and then those names.
        return Subscription switch
        {
            null when !isLost => (0, Tag, ""),
            null => (1, 0, Tag.ToString(CultureInfo.InvariantCulture)),
            { } consumer when isLost && profile.ConsumersReturnFirst => (0, (ulong)consumer.Number, ""),
            { } consumer => (1, 0, consumer.Tag),
        };
    }
}
