using System.Net.Sockets;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>The driver's own socket, as it makes it itself, with a count of its sends.</summary>
internal sealed class CountingTcpClient(AddressFamily family) : TcpClientAdapter(Socket(family))
{
    private CountingStream? _stream;

    public long Sends => _stream?.Sends ?? 0;

    public override NetworkStream GetStream() => _stream ??= new CountingStream(Client);

    private static Socket Socket(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private sealed class CountingStream(Socket socket) : NetworkStream(socket, ownsSocket: false)
    {
        private long _sends;

        public long Sends => Volatile.Read(ref _sends);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _sends);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
