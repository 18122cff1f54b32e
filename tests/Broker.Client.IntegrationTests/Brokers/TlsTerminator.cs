using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>What a <see cref="TlsTerminator"/> shows its clients and asks of them.</summary>
public sealed record TlsTerminatorOptions
{
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Sent along with the certificate.</summary>
    public IReadOnlyList<X509Certificate2> Intermediates { get; init; } = [];

    /// <summary>None is the system's choice.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.None;

    /// <summary>Refuses a client that shows no certificate. One that is shown is not judged.</summary>
    public bool RequireClientCertificate { get; init; }
}

/// <summary>A TLS server on loopback that hands what it decrypts to the broker's plain port.</summary>
public sealed class TlsTerminator : IAsyncDisposable
{
    private readonly Uri _target;
    private readonly TlsTerminatorOptions _options;
    private readonly TcpListener _listener;
    private readonly Task _accepting;
    private readonly Lock _lock = new(); // guards _open, _clients and _context
    private readonly List<Socket> _open = [];
    private readonly List<string> _clients = [];
    private SslStreamCertificateContext _context;
    private int _handshakes, _failures;

    public TlsTerminator(Uri target, TlsTerminatorOptions options)
    {
        _target = target;
        _options = options;
        _context = Context(options.Certificate, options.Intermediates);
        _listener = new TcpListener(IPAddress.Loopback, LoopbackPort.Free());
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Clients that got through the handshake.</summary>
    public int Handshakes => Volatile.Read(ref _handshakes);

    /// <summary>Clients that broke off the handshake, or were refused in it.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>The thumbprints of the certificates that clients showed.</summary>
    public IReadOnlyList<string> ClientThumbprints
    {
        get
        {
            lock (_lock)
                return [.. _clients];
        }
    }

    /// <summary>The broker's user and password at this port, under the host name that the client is to verify.</summary>
    public Uri UriFor(string host = "localhost") => new UriBuilder(_target) { Scheme = "amqps", Host = host, Port = Port }.Uri;

    /// <summary>The certificate of the connections to come. Those that are open stay.</summary>
    public void SwapCertificate(X509Certificate2 certificate, params X509Certificate2[] intermediates)
    {
        lock (_lock)
            _context = Context(certificate, intermediates);
    }

    /// <summary>Ends every connection with a reset. New ones are accepted.</summary>
    public void CutAll()
    {
        List<Socket> open;
        lock (_lock)
            open = [.. _open];
        foreach (var socket in open)
            socket.End(reset: true);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        CutAll();
    }

    private static SslStreamCertificateContext Context(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates) =>
        SslStreamCertificateContext.Create(certificate, [.. intermediates], offline: true);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var broker = new Socket(SocketType.Stream, ProtocolType.Tcp);
        client.NoDelay = broker.NoDelay = true;
        lock (_lock)
            _open.Add(client);
        try
        {
            await using var tls = new SslStream(new NetworkStream(client));
            await HandshakeAsync(tls);
            await broker.ConnectAsync(_target.Host, _target.Port > 0 ? _target.Port : 5672);
            await using var plain = new NetworkStream(broker);
            Task[] ways = [tls.CopyToAsync(plain), plain.CopyToAsync(tls)];
            await Task.WhenAny(ways);
            client.Dispose();
            broker.Dispose();
            await Task.WhenAll(ways);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // Cut, closed or refused: all are ends that the tests bring about.
        }
        finally
        {
            client.Dispose();
            lock (_lock)
                _open.Remove(client);
        }
    }

    private async Task HandshakeAsync(SslStream tls)
    {
        SslStreamCertificateContext context;
        lock (_lock)
            context = _context;
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = context,
                EnabledSslProtocols = _options.Protocols,
                ClientCertificateRequired = _options.RequireClientCertificate,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsWelcome(certificate as X509Certificate2),
            });
            Interlocked.Increment(ref _handshakes);
        }
        catch
        {
            Interlocked.Increment(ref _failures);
            throw;
        }
    }

    private bool IsWelcome(X509Certificate2? certificate)
    {
        if (certificate is null)
            return !_options.RequireClientCertificate;
        lock (_lock)
            _clients.Add(certificate.Thumbprint);
        return true;
    }
}
