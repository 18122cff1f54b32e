namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What a ledger says that a subscriber has done, in order: see Broker.Client.LedgerConsumer.</summary>
internal enum SubscriberStep
{
    From,
    Handled,
    Storing,
    Stored,
}

/// <summary>One line of it; the text is that of a handled event.</summary>
internal readonly record struct SubscriberLine(SubscriberStep Step, long Offset, string Text)
{
    /// <summary>The lines of a ledger; the last one may have been broken off.</summary>
    public static SubscriberLine[] Read(string ledger)
    {
        var lines = ledger.Split('\n');
        return [.. lines.SkipLast(1).Select(Parse)];
    }

    private static SubscriberLine Parse(string line) => line.Split(' ') switch
    {
        ["from", var offset] => new(SubscriberStep.From, long.Parse(offset), ""),
        ["handled", var offset, var text] => new(SubscriberStep.Handled, long.Parse(offset), text),
        ["storing", var offset] => new(SubscriberStep.Storing, long.Parse(offset), ""),
        ["stored", var offset] => new(SubscriberStep.Stored, long.Parse(offset), ""),
        _ => throw new FormatException($"A strange line in a ledger: {line}"),
    };
}
