using System.Net;
using System.Net.Sockets;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// Free ports below the range from which the system picks the ports of clients. A port that stays the same over a kill and
/// a start must not be there: while nobody listens, a client that connects again and again could be given it.
/// </summary>
internal static class LoopbackPort
{
    private const int First = 20000, Last = 31999;
    private static int s_next = First + new Random(Environment.ProcessId).Next(Last - First);

    public static int Free()
    {
        for (var attempt = 0; attempt < Last - First; attempt++)
        {
            var port = First + Interlocked.Increment(ref s_next) % (Last - First);
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // In use; the next one.
            }
        }

        throw new InvalidOperationException($"No free port from {First} to {Last}.");
    }
}
