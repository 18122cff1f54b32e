namespace Broker.Client;

/// <summary>
/// Which exchanges may be called: a request to one that is missing or forbidden closes the channel, and every other call
/// on it loses its reply. So a name is looked up before its first use, and one that was refused is not tried again on the
/// same connection. Of one writer alone.
/// </summary>
internal sealed class ExchangeGate(BrokerOptions options)
{
    private const ushort AccessRefused = 403;
    private const ushort NotFound = 404;

    private readonly Dictionary<string, string> _forbidden = new(StringComparer.Ordinal);
    private object? _connection;

    /// <summary>Those that may be called.</summary>
    public HashSet<string> Open { get; } = new(StringComparer.Ordinal) { "" };

    /// <summary>
    /// As RabbitMQ names it: <c>no exchange 'x' in vhost '/'</c>, <c>access to exchange 'x' in vhost '/' refused</c>.
    /// </summary>
    private static bool IsNamed(string exchange, string text) => text.Contains(
        $"exchange '{(exchange.Length == 0 ? "amq.default" : exchange)}' in vhost", StringComparison.Ordinal);

    /// <summary>A channel of this connection is gone, over one of its requests where an error is given.</summary>
    public void Learn(object connection, (ushort Code, string Text)? error)
    {
        if (_connection != connection)
        {
            _connection = connection;
            _forbidden.Clear();
        }

        if (error is (AccessRefused, var text))
        {
            foreach (var exchange in Open.Where(each => IsNamed(each, text)))
                _forbidden[exchange] = text;
        }

        // What is there no longer, or was not after a broker came back, is found by looking again.
        Open.Clear();
        if (!_forbidden.ContainsKey(""))
            Open.Add("");
    }

    /// <summary>Null where it may be called from now on; else why not.</summary>
    /// <exception cref="BrokerConnectionException">The connection went.</exception>
    public async Task<(ushort Code, string Text)?> TryOpenAsync(
        LiveConnection connection, string exchange, CancellationToken cancellationToken)
    {
        if (_connection == connection && _forbidden.TryGetValue(exchange, out var text))
            return (AccessRefused, text);
        try
        {
            if (exchange.Length > 0
                && !await TopologyDeclarer.ExchangeExistsAsync(connection, exchange, cancellationToken)
                    .ConfigureAwait(false))
                return (NotFound, $"There is no exchange '{exchange}' in virtual host '{options.VirtualHost}'. "
                    + "Declare it first, or check its name.");
            Open.Add(exchange);
            return null;
        }
        catch (TopologyException refused)
        {
            return (refused.ReplyCode, refused.Message);
        }
    }
}
