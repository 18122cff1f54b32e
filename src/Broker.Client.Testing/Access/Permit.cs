namespace Broker.Client.Testing;

/// <summary>What the user of a connection may do there, asked before each operation: what was taken away counts at once,
/// where RabbitMQ lets a channel go on with what it asked before.</summary>
internal sealed class Permit(UserTable users, string user, string vhost, RabbitProfile profile)
{
    /// <summary>The default exchange goes by a name of its own here.</summary>
    private const string DefaultExchange = "amq.default";

    public void Queue(AccessKind kind, string name) => Check(kind, "queue", name);

    public void Exchange(AccessKind kind, string name) => Check(kind, "exchange", name.Length > 0 ? name : DefaultExchange);

    /// <summary>Before 4.3 everybody may look; then who may do something with it.</summary>
    public void SeeQueue(string name)
    {
        if (profile.LookingWantsAccess && !MayAnything(name)) Queue(AccessKind.Configure, name);
    }

    public void SeeExchange(string name)
    {
        if (profile.LookingWantsAccess && !MayAnything(name)) Exchange(AccessKind.Configure, name);
    }

    private bool MayAnything(string name) => users.Of(user, vhost) is { } permissions
        && (permissions.Allows(AccessKind.Configure, name) || permissions.Allows(AccessKind.Write, name)
            || permissions.Allows(AccessKind.Read, name));

    private void Check(AccessKind kind, string what, string name)
    {
        if (users.Of(user, vhost)?.Allows(kind, name) == true) return;
        var words = !profile.NamesRefusedAccess ? "" : kind switch
        {
            AccessKind.Configure => "configure ",
            AccessKind.Write => "write ",
            _ => "read ",
        };
        throw BrokerError.Refused($"{words}access to {what} '{name}' in vhost '{vhost}' refused for user '{user}'");
    }
}
