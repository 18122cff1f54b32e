namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What is compared with what.</summary>
internal interface IComparison<TWork, TGroup>
    where TWork : Work
    where TGroup : Group<TWork>
{
    Choices Choices { get; }

    /// <summary>Groups whose figures are compared with each other.</summary>
    IEnumerable<TGroup> Groups(RunOptions options, Server broker, Server bare);

    Task<IContender<TWork>> OpenAsync(string contender, TGroup group, QueueSet queues);

    /// <summary>Looks at what the broker holds after a section, and leaves it as the next one wants it.</summary>
    /// <exception cref="InvalidOperationException">It is not what the contender says that it did.</exception>
    Task CheckAsync(TGroup group, Section section, QueueSet queues) => Task.CompletedTask;

    IReadOnlyList<Goal> Judge(IReadOnlyList<Row> rows);
}
