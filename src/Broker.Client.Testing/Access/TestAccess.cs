namespace Broker.Client.Testing;

/// <summary>The users of a <see cref="TestBroker"/>, what they may do, and its virtual hosts: what rabbitmqctl does on
/// RabbitMQ. The user of <see cref="TestBrokerOptions"/> may do everything in the virtual hosts that are named there. A
/// permission that changes counts from the next operation on.</summary>
public sealed class TestAccess
{
    private readonly UserTable _users;
    private readonly Hosts _hosts;
    private readonly Func<Func<ServerConnection, bool>, string, Task> _close;

    internal TestAccess(UserTable users, Hosts hosts, Func<Func<ServerConnection, bool>, string, Task> close) =>
        (_users, _hosts, _close) = (users, hosts, close);

    /// <summary>Adds a user, who has no permission anywhere until <see cref="SetPermissions"/>.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void AddUser(string name, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(password);
        if (!_users.Add(name, password)) throw new ArgumentException($"There is a user '{name}' already.", nameof(name));
    }

    /// <summary>The names of the users.</summary>
    public IReadOnlyList<string> Users => _users.Names;

    /// <summary>Deletes a user and closes the user's connections (320); completes when they are gone.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public Task DeleteUserAsync(string name)
    {
        if (!_users.Remove(name)) throw NoUser(name);
        return _close(connection => connection.Client?.User == name, $"user '{name}' is deleted");
    }

    /// <summary>What the user may do in a virtual host, in regular expressions for the names of queues and exchanges (the
    /// default exchange is "amq.default"): what it may declare and delete, what it may write to, what it may read from. As
    /// in RabbitMQ an expression that fits a part of a name fits it, and an empty one fits nothing.</summary>
    /// <exception cref="ArgumentException">There is no such user or virtual host, or an expression is none.</exception>
    public void SetPermissions(string user, string configure, string write, string read, string virtualHost = "/")
    {
        _hosts.Get(virtualHost);
        if (!_users.Permit(user, virtualHost, new(configure, write, read))) throw NoUser(user);
    }

    /// <summary>Takes all permissions in a virtual host away: new connections of the user to it are refused (530).
    /// </summary>
    /// <exception cref="ArgumentException">There is no such user.</exception>
    public void ClearPermissions(string user, string virtualHost = "/")
    {
        if (!_users.Permit(user, virtualHost, permissions: null)) throw NoUser(user);
    }

    /// <summary>Adds an empty virtual host, which nobody may use until <see cref="SetPermissions"/>.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void AddVirtualHost(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_hosts.Add(name)) throw new ArgumentException($"There is a virtual host '{name}' already.", nameof(name));
    }

    /// <summary>Deletes a virtual host with all that is in it, and closes its connections (320); completes when they are
    /// gone.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public async Task DeleteVirtualHostAsync(string name)
    {
        var site = _hosts.Remove(name);
        _users.Forget(name);
        await _close(connection => connection.Site == site, $"vhost '{name}' is deleted").ConfigureAwait(false);
        site.Dispose();
    }

    private static ArgumentException NoUser(string name) => new($"There is no user '{name}'.");
}
