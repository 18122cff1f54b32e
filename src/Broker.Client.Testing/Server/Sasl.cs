using System.Text;

namespace Broker.Client.Testing;

/// <summary>The mechanisms to log in with, for the one user there is.</summary>
internal sealed class Sasl(string userName, string password)
{
    public const string Mechanisms = "PLAIN AMQPLAIN EXTERNAL";

    /// <summary>The user, or null where the login is refused. An unknown mechanism closes with 503.</summary>
    public string? Login(string mechanism, byte[] response) => mechanism switch
    {
        "PLAIN" => Plain(response),
        "AMQPLAIN" => AmqPlain(response),
        // There is no certificate to take a name from: the name given, or none, must be the user's.
        "EXTERNAL" => response.Length == 0 || Encoding.UTF8.GetString(response) == userName ? userName : null,
        _ => throw new BrokerError(503, $"COMMAND_INVALID - unknown authentication mechanism '{mechanism}'",
            isConnectionError: true),
    };

    private string? Plain(byte[] response) =>
        Encoding.UTF8.GetString(response).Split('\0') is [_, var user, var secret] ? Match(user, secret) : null;

    private string? AmqPlain(byte[] response)
    {
        // The response is a table without its length.
        var table = new AmqpReader(new AmqpWriter().LongBytes(response).Written.Span).Table();
        return Match(table.GetValueOrDefault("LOGIN"), table.GetValueOrDefault("PASSWORD"));
    }

    private string? Match(object? user, object? secret) =>
        Equals(user, userName) && Equals(secret, password) ? userName : null;
}
