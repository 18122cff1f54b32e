namespace Broker.Client.Testing;

/// <summary>Heartbeats both ways, on the system's clock: the client's run on it too.</summary>
internal static class Heartbeats
{
    // Of the halves of an interval in which nothing came: two intervals, and the half that was under way.
    private const int MostSilent = 5;

    public static async Task RunAsync(ServerConnection connection)
    {
        if (connection.Heartbeat == 0) return;

        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(connection.Heartbeat / 2.0));
        var silent = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(connection.Stopped).ConfigureAwait(false))
            {
                silent = connection.IsHeard || !connection.IsWaiting ? 0 : silent + 1;
                connection.IsHeard = false;
                if (silent >= MostSilent)
                {
                    connection.Abort();
                    return;
                }

                if (!connection.Outbox.IsUsed) connection.Outbox.SendHeartbeat();
                connection.Outbox.IsUsed = false;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The connection is over.
        }
    }
}
