namespace Broker.Client.Benchmarks.Comparing;

/// <summary>Collects the goals that the rows of one group can judge.</summary>
internal sealed class Judge(IGrouping<Group, Row> rows, List<Goal> goals)
{
    public Group Group => rows.Key;

    /// <summary>A row that is there and did not fail.</summary>
    public Row? Find(string work, string contender) =>
        rows.FirstOrDefault(row => row.Work.Name == work && row.Contender == contender && row.Failure is null);

    public void AtLeast(double limit, string what, string work, double? measured) =>
        Add(limit, atLeast: true, what, work, measured);

    public void AtMost(double limit, string what, string work, double? measured) =>
        Add(limit, atLeast: false, what, work, measured);

    private void Add(double limit, bool atLeast, string what, string work, double? measured)
    {
        if (measured is { } figure && double.IsFinite(figure))
            goals.Add(new Goal($"{rows.Key}: {work}, {what}", limit, atLeast, figure));
    }
}
