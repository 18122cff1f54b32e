using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client.Tests.Support;

/// <summary>
/// Tests that listen to the library's source and meter, or need that nobody does. They are the process's: what listens hears every test, and
/// so these run when no other does.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Listening
{
    public const string Name = "Listening";

    internal static Telemetry Unheard { get; } = new(TimeProvider.System, NullLogger.Instance);
}
