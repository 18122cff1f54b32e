using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>
/// The socket of one connection, handed to the driver through its <c>SocketFactory</c>. TLS is done here, beneath the
/// driver, so that its rules are ours; and <see cref="Kill"/> ends whatever the driver waits for.
/// </summary>
internal sealed class Transport(Socket socket, TlsClient? tls, TimeProvider clock) : ITcpClient, IDisposable
{
    private GroupCommitStream? _stream;

    /// <summary>What the driver has taken to publish and not written yet.</summary>
    public DriverQueue Publishes { get; } = new();

    /// <summary>What the TLS handshake failed with; the driver would bury it.</summary>
    public Exception? TlsFailure { get; private set; }

    public bool Connected => socket.Connected;

    public Socket Client => socket;

    public TimeSpan ReceiveTimeout
    {
        get => TimeSpan.FromMilliseconds(socket.ReceiveTimeout);
        set => socket.ReceiveTimeout = (int)value.TotalMilliseconds;
    }

    public async Task ConnectAsync(IPAddress host, int port, CancellationToken cancellationToken = default)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        if (tls is null)
        {
            _stream = new GroupCommitStream(socket, new NetworkStream(socket, ownsSocket: false), clock, Publishes);
            return;
        }

        try
        {
            _stream = new GroupCommitStream(
                socket, await tls.SecureAsync(new NetworkStream(socket), cancellationToken).ConfigureAwait(false), clock,
                Publishes);
        }
        catch (Exception failure)
        {
            TlsFailure = failure;
            throw;
        }
    }

    public NetworkStream GetStream() =>
        _stream ?? throw new InvalidOperationException("The driver asked for the stream before it was connected.");

    /// <summary>
    /// The exchange that the driver declares next on this channel becomes an internal one; see
    /// <see cref="InternalExchange"/>.
    /// </summary>
    public void DeclareNextExchangeAsInternal(int channelNumber) =>
        _stream!.InternalOnChannel = channelNumber; // connected by then

    /// <summary>Whether such a declaration has passed.</summary>
    public bool InternalExchangePassed => _stream!.InternalOnChannel == 0; // connected by then

    /// <summary>When bytes came last, by the clock.</summary>
    public long LastRead => _stream!.LastRead; // connected by then

    /// <summary>Ends the connection at once, without a word to the peer.</summary>
    public void Kill() => socket.Dispose();

    public void Close() => Dispose();

    public void Dispose()
    {
        if (_stream is null)
            socket.Dispose();
        else
            _stream.Dispose();
    }
}
