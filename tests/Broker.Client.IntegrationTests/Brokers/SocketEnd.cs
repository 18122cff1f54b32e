using System.Net.Sockets;

namespace Broker.Client.IntegrationTests.Brokers;

internal static class SocketEnd
{
    extension(Socket socket)
    {
        /// <summary>Closes with a reset, as when the other machine died, or with an orderly end of the stream.</summary>
        public void End(bool reset)
        {
            try
            {
                if (reset)
                    socket.LingerState = new LingerOption(true, 0);
                else if (socket.Connected)
                    socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Ended already.
            }

            socket.Dispose();
        }
    }
}
