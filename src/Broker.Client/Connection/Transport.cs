using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>
/// The socket of one connection, handed to the driver through its <c>SocketFactory</c>. TLS is done here, beneath the
/// driver, so that its rules are ours; and <see cref="Kill"/> ends whatever the driver waits for.
/// </summary>
internal sealed class Transport(Socket socket, TlsClient? tls) : ITcpClient, IDisposable
{
    private TransportStream? _stream;

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
            _stream = new TransportStream(socket, secured: null);
            return;
        }

        try
        {
            _stream = new TransportStream(
                socket, await tls.SecureAsync(new NetworkStream(socket), cancellationToken).ConfigureAwait(false));
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

    /// <summary>Ends the connection at once, without a word to the peer.</summary>
    public void Kill() => socket.Dispose();

    public void Close() => Dispose();

    public void Dispose()
    {
        _stream?.Dispose();
        socket.Dispose();
    }
}

/// <summary>What the driver reads from and writes to: the socket, or TLS over it.</summary>
internal sealed class TransportStream(Socket socket, SslStream? secured) : NetworkStream(socket, ownsSocket: true)
{
    private int _internalOnChannel;

    public int InternalOnChannel
    {
        get => Volatile.Read(ref _internalOnChannel);
        set => Volatile.Write(ref _internalOnChannel, value);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        secured is null ? base.ReadAsync(buffer, cancellationToken) : secured.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (InternalOnChannel is var channel and not 0 && InternalExchange.TryMark(buffer.Span, channel) is { } marked)
        {
            InternalOnChannel = 0;
            buffer = marked;
        }

        return secured is null ? base.WriteAsync(buffer, cancellationToken) : secured.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        secured is null ? base.FlushAsync(cancellationToken) : secured.FlushAsync(cancellationToken);

    public override int Read(Span<byte> buffer) => secured is null ? base.Read(buffer) : secured.Read(buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (secured is null)
            base.Write(buffer);
        else
            secured.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            secured?.Dispose();
        base.Dispose(disposing);
    }
}
