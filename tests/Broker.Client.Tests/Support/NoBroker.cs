using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client.Tests.Support;

/// <summary>Options with which every attempt to connect fails before a socket is made: whoever is asked for the password has none.</summary>
internal static class NoBroker
{
    public static BrokerOptions Options(TimeProvider time, Action? onAttempt = null) => new()
    {
        TimeProvider = time,
        CredentialsProvider = _ =>
        {
            onAttempt?.Invoke();
            return ValueTask.FromException<BrokerCredentials>(new InvalidOperationException("The vault is shut."));
        },
    };

    public static ConnectionSupervisor Supervisor(
        BrokerOptions options, Action<ConnectionSupervisor>? onStateChanged = null, ConnectionSupervisor? leader = null) =>
        new(options.Freeze(), "consuming", new Drawing(1), NullLogger.Instance, onConnected: null, onStateChanged ?? (static _ => { }))
        {
            Leader = leader,
        };
}
