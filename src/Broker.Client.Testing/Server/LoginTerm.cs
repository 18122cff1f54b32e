namespace Broker.Client.Testing;

/// <summary>How long the login of a connection holds; the connection ends with it.</summary>
internal sealed class LoginTerm(ServerConnection connection) : IDisposable
{
    private readonly Lock _lock = new();
    private SaslLogin? _login;
    private ITimer? _timer;

    public void Begin(SaslLogin login)
    {
        lock (_lock)
        {
            _login = login;
            _timer?.Dispose();
            _timer = null;
            if (login.ValidUntil is not { } until) return;
            var left = until - connection.Context.Clock.GetUtcNow();
            _timer = connection.Context.Clock.CreateTimer(
                _ => connection.Close(320, "CONNECTION_FORCED - Credential expired"), null,
                left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Renew(byte[] secret) => Begin(connection.Context.Sasl.Renew(_login!.User, secret) // logged in, or there were no such method
        ?? throw new BrokerError(530, "NOT_ALLOWED - New secret was refused by one of the backends", isConnectionError: true));

    public void Dispose()
    {
        lock (_lock) _timer?.Dispose();
    }
}
