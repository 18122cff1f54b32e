using System.Text;

namespace Broker.Client.Testing;

/// <summary>The mechanisms to log in with, for the users there are, or for those whom the options let in.</summary>
internal sealed class Sasl(
    string userName, UserTable users, RabbitProfile profile, bool external, Func<string, string, TestLogin?>? login = null)
{
    public string Mechanisms { get; } = profile.Mechanisms + (external ? " EXTERNAL" : "");

    /// <summary>A mechanism that was not offered ends the connection without a word.</summary>
    public bool Offers(string mechanism) => Mechanisms.Split(' ').Contains(mechanism);

    /// <summary>The user, or null where the login is refused.</summary>
    public SaslLogin? Login(string mechanism, byte[] response) => mechanism switch
    {
        "PLAIN" => Plain(response),
        "AMQPLAIN" => AmqPlain(response),
        // In place of a certificate, the option vouches for the client: the name given, or none, must be the user's.
        "EXTERNAL" => response.Length == 0 || Encoding.UTF8.GetString(response) == userName ? new(userName) : null,
        _ => null,
    };

    /// <summary>Another password or token of a user who is logged in; null where it is refused.</summary>
    public SaslLogin? Renew(string user, byte[] secret)
    {
        // The internal users of RabbitMQ never expire, and what it is told of them it does not look at.
        if (login is null) return new(user);
        return login(user, Encoding.UTF8.GetString(secret)) is { } let ? new(user, let.ValidUntil) : null;
    }

    private SaslLogin? Plain(byte[] response) =>
        Encoding.UTF8.GetString(response).Split('\0') is [_, var user, var secret] ? Match(user, secret) : null;

    private SaslLogin? AmqPlain(byte[] response)
    {
        // The response is a table without its length.
        var table = new AmqpReader(new AmqpWriter().LongBytes(response).Written.Span).Table();
        return Match(table.GetValueOrDefault("LOGIN"), table.GetValueOrDefault("PASSWORD"));
    }

    private SaslLogin? Match(object? user, object? secret)
    {
        if (user is not string name || secret is not string given) return null;
        if (login is null) return users.LogsIn(name, given) ? new(name) : null;
        return login(name, given) is { } let ? new(name, let.ValidUntil) : null;
    }
}

/// <summary>Who was let in, and until when.</summary>
internal sealed record SaslLogin(string User, DateTimeOffset? ValidUntil = null);
