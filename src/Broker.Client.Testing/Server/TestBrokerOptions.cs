namespace Broker.Client.Testing;

/// <summary>Settings of a <see cref="TestBroker"/>; copied when it starts.</summary>
public sealed record TestBrokerOptions
{
    /// <summary>The port on 127.0.0.1 to listen on. The default, 0, takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>The RabbitMQ to behave like. The default is 4.3.</summary>
    public BrokerProfile Profile { get; set; } = BrokerProfile.V4_3;

    /// <summary>The clock of everything the broker does to messages and queues: time to live, expiry, the time of a
    /// death. Heartbeats keep the system's, because the client's do. The default is the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The only user. The default is guest.</summary>
    public string UserName { get; set; } = "guest";

    /// <summary>That user's password. The default is guest.</summary>
    public string Password { get; set; } = "guest";

    /// <summary>Asked, with user and password or token, whether they may log in, and again when a connection gets a new one
    /// (connection.update-secret): null refuses. A login that expires ends its connection (320), by the clock of
    /// <see cref="TimeProvider"/>: stricter than RabbitMQ 3.10, which lets it stand and refuses (403) what is done on it. The default, null, lets <see cref="UserName"/> in with <see cref="Password"/>, for ever.</summary>
    public Func<string, string, TestLogin?>? Login { get; set; }

    /// <summary>Offers the mechanism EXTERNAL too and believes who uses it, as if a certificate had been checked. The
    /// default is false: RabbitMQ does not offer it on a connection without TLS, which all connections here
    /// are.</summary>
    public bool AcceptExternal { get; set; }

    /// <summary>Told in words of each fault as it bites, from any thread: <c>Report = output.WriteLine</c> in a test. It must
    /// be quick and may not throw. The default, null, tells nobody.</summary>
    public Action<string>? Report { get; set; }

    /// <summary>The virtual hosts that exist; a connection to another is closed with 530. The default is "/".</summary>
    public IReadOnlyList<string> VirtualHosts { get; set; } = ["/"];
}
