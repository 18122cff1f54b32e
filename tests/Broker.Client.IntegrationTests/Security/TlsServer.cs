using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Security;

public enum ServerFault
{
    SelfSigned,
    UnknownAuthority,
    WrongHost,
    Expired,
    NotYetValid,
    ForClientsOnly,
    OldProtocol,
    AddressThatIsNotNamed,
    PlainTcp,
    IntermediateMissing,
}

public enum SoundServer
{
    BelowTheRoot,
    BelowAnIntermediateThatIsSent,
}

/// <summary>A TLS server before the broker that is wrong in one way, or sound; counts who came.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TlsTerminator? _terminator;
    private readonly TcpRelay _door;

    private TlsServer(TlsTerminator? terminator, Uri behind, string host)
    {
        _terminator = terminator;
        _door = new TcpRelay(behind);
        Endpoint = new BrokerEndpoint(host, _door.Uri.Port);
    }

    public BrokerEndpoint Endpoint { get; }

    /// <summary>Clients that came, let in or not.</summary>
    public int Accepted => _door.Accepted;

    /// <summary>Clients that got through the handshake and went on to the broker.</summary>
    public int Handshakes => _terminator?.Handshakes ?? 0;

    public static TlsServer Sound(Uri broker, TestCertificates root, SoundServer kind = SoundServer.BelowTheRoot)
    {
        if (kind == SoundServer.BelowTheRoot)
            return Start(broker, new TlsTerminatorOptions { Certificate = root.Issue() });
        var intermediate = root.NewIntermediate();
        return Start(broker, new TlsTerminatorOptions { Certificate = intermediate.Issue(), Intermediates = [intermediate.Authority] });
    }

    public static TlsServer Faulty(Uri broker, TestCertificates root, ServerFault fault)
    {
        var now = TimeProvider.System.GetUtcNow();
        var sound = new TlsTerminatorOptions { Certificate = root.Issue() };
        var elsewhere = new CertificateContent { Subject = "elsewhere.example", DnsNames = ["elsewhere.example"], Addresses = [] };
        return fault switch
        {
            ServerFault.SelfSigned => Start(broker, TestCertificates.SelfSigned()),
            ServerFault.UnknownAuthority => Start(broker, TestCertificates.NewRoot("Another root").Issue()),
            ServerFault.WrongHost => Start(broker, root.Issue(elsewhere)),
            ServerFault.Expired => Start(broker, root.Issue(new() { NotBefore = now.AddDays(-2), NotAfter = now.AddDays(-1) })),
            ServerFault.NotYetValid => Start(broker, root.Issue(new() { NotBefore = now.AddDays(1) })),
            ServerFault.ForClientsOnly => Start(broker, root.Issue(new() { ForServers = false, ForClients = true })),
#pragma warning disable CA5397, SYSLIB0039 // The old protocol is the fault.
            ServerFault.OldProtocol => Start(broker, sound with { Protocols = SslProtocols.Tls11 }),
#pragma warning restore CA5397, SYSLIB0039
            ServerFault.AddressThatIsNotNamed => Start(broker, sound with { Certificate = root.Issue(new() { Addresses = [] }) }, "127.0.0.1"),
            ServerFault.PlainTcp => new TlsServer(terminator: null, broker, "localhost"),
            ServerFault.IntermediateMissing => Start(broker, root.NewIntermediate().Issue()),
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        };
    }

    public static TlsServer Start(Uri broker, TlsTerminatorOptions options, string host = "localhost")
    {
        var terminator = new TlsTerminator(broker, options);
        return new TlsServer(terminator, new Uri($"tcp://127.0.0.1:{terminator.Port}"), host);
    }

    /// <summary>Cuts everybody off, and lets nobody in until <see cref="ComeBack"/>.</summary>
    public void GoAway()
    {
        _door.Refuse();
        _door.CutAll();
    }

    public void ComeBack() => _door.AcceptAgain();

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        if (_terminator is not null)
            await _terminator.DisposeAsync();
    }

    private static TlsServer Start(Uri broker, X509Certificate2 certificate) =>
        Start(broker, new TlsTerminatorOptions { Certificate = certificate });
}
