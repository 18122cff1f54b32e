namespace Broker.Client.Testing;

/// <summary>A client's connection to a <see cref="TestBroker"/>, past its handshake: who it is, and its end.</summary>
public sealed class TestConnection
{
    private readonly ServerConnection _connection;

    internal TestConnection(ServerConnection connection) => _connection = connection;

    /// <summary>From 1, in the order in which connections were accepted.</summary>
    public int Number => _connection.Number;

    /// <summary>Who logged in.</summary>
    public string UserName => _connection.Client.User;

    /// <summary>The virtual host.</summary>
    public string VirtualHost => _connection.Site.Host.Name;

    /// <summary>What the client calls the connection ("connection_name" of its properties); null where it says
    /// nothing.</summary>
    public string? Name => ClientProperties.GetValueOrDefault("connection_name") as string;

    /// <summary>What the client said of itself in connection.start-ok.</summary>
    public IReadOnlyDictionary<string, object?> ClientProperties => _connection.Client.Properties;

    /// <summary>How long the client may be silent, as was agreed; zero is for ever.</summary>
    public TimeSpan Heartbeat => TimeSpan.FromSeconds(_connection.Heartbeat);

    /// <summary>How many channels are open.</summary>
    public int ChannelCount => _connection.ChannelCount;

    /// <summary>False once it has ended, or is closing.</summary>
    public bool IsOpen => _connection.IsOpen;

    /// <summary>Closes the connection with connection.close. It is over when the client has agreed, or ten seconds
    /// later.</summary>
    public void Close(ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _connection.Close(code, text);
    }

    /// <summary>Closes one of its channels with channel.close; what the channel holds goes back to its queues.</summary>
    /// <exception cref="ArgumentException">It has no such channel.</exception>
    public void CloseChannel(int channel, ushort code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var found = _connection.Channel(channel)
            ?? throw new ArgumentException($"Connection {Number} has no channel {channel}.", nameof(channel));
        _connection.Between(() => found.Close(code, text));
    }

    /// <summary>Ends the connection without a word, as a broken line does.</summary>
    public void Cut(CutKind kind = CutKind.Close) => _connection.Abort(kind);
}
