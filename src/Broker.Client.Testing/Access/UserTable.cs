namespace Broker.Client.Testing;

/// <summary>Who may log in, and what each of them may do where.</summary>
internal sealed class UserTable(bool trustsStrangers)
{
    // Connections ask from their readers, tests change it from anywhere.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, User> _users = [];

    public bool Add(string name, string password)
    {
        lock (_lock) return _users.TryAdd(name, new(password, []));
    }

    public bool Remove(string name)
    {
        lock (_lock) return _users.Remove(name);
    }

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_lock) return [.. _users.Keys];
        }
    }

    public bool LogsIn(string name, string password)
    {
        lock (_lock) return _users.GetValueOrDefault(name) is { } user && user.Password == password;
    }

    /// <summary>Null takes all permissions away.</summary>
    public bool Permit(string name, string vhost, Permissions? permissions)
    {
        lock (_lock)
        {
            if (_users.GetValueOrDefault(name) is not { } user) return false;
            if (permissions is null) user.Permissions.Remove(vhost);
            else user.Permissions[vhost] = permissions;
            return true;
        }
    }

    public void Forget(string vhost)
    {
        lock (_lock)
        {
            foreach (var user in _users.Values) user.Permissions.Remove(vhost);
        }
    }

    /// <summary>What the user may do there; null where it may not even connect. Who is no user of this table was let in by
    /// the option that decides itself, and may do everything.</summary>
    public Permissions? Of(string name, string vhost)
    {
        lock (_lock)
        {
            if (_users.GetValueOrDefault(name) is { } user) return user.Permissions.GetValueOrDefault(vhost);
            return trustsStrangers ? Permissions.Full : null;
        }
    }

    private sealed record User(string Password, Dictionary<string, Permissions> Permissions);
}
