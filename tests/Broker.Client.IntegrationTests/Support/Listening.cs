namespace Broker.Client.IntegrationTests.Support;

/// <summary>Tests that listen to the library's source and meter, which are the process's: they run when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Listening
{
    public const string Name = "Listening";
}
