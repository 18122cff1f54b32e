namespace Broker.Client.IntegrationTests.Connection;

/// <summary>Tests of times and of what the whole process leaves behind: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
