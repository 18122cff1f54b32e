using System.Text;

namespace Broker.Client.Testing;

/// <summary>The mechanisms to log in with, for the one user there is.</summary>
internal sealed class Sasl(string userName, string password, RabbitProfile profile, bool external)
{
    public string Mechanisms { get; } = profile.Mechanisms + (external ? " EXTERNAL" : "");

    /// <summary>A mechanism that was not offered ends the connection without a word.</summary>
    public bool Offers(string mechanism) => Mechanisms.Split(' ').Contains(mechanism);

    /// <summary>The user, or null where the login is refused.</summary>
    public string? Login(string mechanism, byte[] response) => mechanism switch
    {
        "PLAIN" => Plain(response),
        "AMQPLAIN" => AmqPlain(response),
        // In place of a certificate, the option vouches for the client: the name given, or none, must be the user's.
        "EXTERNAL" => response.Length == 0 || Encoding.UTF8.GetString(response) == userName ? userName : null,
        _ => null,
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
