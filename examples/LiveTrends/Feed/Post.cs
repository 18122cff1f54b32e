namespace LiveTrends.Feed;

/// <summary>What somebody wrote.</summary>
public sealed record Post(string Id, string Text, DateTimeOffset CreatedAt)
{
    /// <summary>What it is about: its words that begin with a hash.</summary>
    public IEnumerable<string> Topics() =>
        Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(static word => word.Length > 1 && word[0] == '#')
            .Select(static word => word[1..].TrimEnd('.', ',', '!', '?').ToLowerInvariant())
            .Where(static topic => topic.Length > 0)
            .Distinct();
}
