namespace Broker.Client;

/// <summary>How a client logs in.</summary>
public enum BrokerAuthentication
{
    /// <summary>With a user name and a password or token (SASL PLAIN).</summary>
    Plain,

    /// <summary>
    /// With the client certificate of the TLS connection (SASL EXTERNAL); the broker needs
    /// <c>rabbitmq_auth_mechanism_ssl</c>.
    /// </summary>
    External,
}

/// <summary>A user name and its password or token.</summary>
/// <param name="UserName">The user.</param>
/// <param name="Password">The password, or an OAuth 2 token.</param>
/// <param name="ValidUntil">
/// Until when the broker takes them; null, the default, means for ever. When two thirds of the time are over, new ones are asked
/// for, and given to the broker on the connection as it is: see <see cref="BrokerOptions.CredentialsProvider"/>.
/// </param>
public sealed record BrokerCredentials(string UserName, string Password, DateTimeOffset? ValidUntil = null)
{
    /// <summary>The user name and the time; never the password.</summary>
    public override string ToString() =>
        $"{nameof(BrokerCredentials)} {{ UserName = {UserName}{(ValidUntil is { } until ? $", ValidUntil = {until:O}" : "")} }}";
}
