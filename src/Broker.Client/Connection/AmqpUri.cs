using System.Globalization;

namespace Broker.Client;

/// <summary>
/// <c>amqp[s]://user:password@host:port,host:port/vhost?option=value</c>. The driver's own parser ignores all
/// options and, for amqps, switches the check of the host name off; so this is ours. What is misspelt is an
/// error that lists what is valid.
/// </summary>
internal static class AmqpUri
{
    private const string Form = "amqp[s]://user:password@host:port/vhost?option=value";

    private static readonly SortedDictionary<string, Action<BrokerOptions, string, string>> s_options =
        new(StringComparer.Ordinal)
    {
        ["heartbeat"] = (options, name, value) =>
            options.Heartbeat = TimeSpan.FromSeconds(Whole(name, value, 0, ushort.MaxValue)),
        ["connection_attempts"] = (options, name, value) => options.ConnectAttempts = Whole(name, value, 1, int.MaxValue),
        ["retry_delay"] = (options, name, value) =>
        {
            options.ReconnectDelay = Seconds(name, value);
            if (options.MaxReconnectDelay < options.ReconnectDelay)
                options.MaxReconnectDelay = options.ReconnectDelay;
        },
        ["socket_timeout"] = (options, name, value) => options.ConnectTimeout = Seconds(name, value),
        ["stack_timeout"] = (options, name, value) => options.ConnectTimeout = Seconds(name, value),
        ["connection_timeout"] = (options, name, value) =>
            options.ConnectTimeout = TimeSpan.FromMilliseconds(Whole(name, value, 1, int.MaxValue)),
        ["blocked_connection_timeout"] = (options, name, value) => options.BlockedTimeout = Seconds(name, value),
        ["channel_max"] = (options, name, value) => options.MaxChannels = (ushort)Whole(name, value, 4, ushort.MaxValue),
        ["frame_max"] = (options, name, value) => options.MaxFrameSize = (uint)Whole(name, value, 8192, int.MaxValue),
        ["connection_name"] = (options, _, value) => options.ClientName = value,
        ["auth_mechanism"] = (options, name, value) => options.Authentication = value.ToUpperInvariant() switch
        {
            "PLAIN" => BrokerAuthentication.Plain,
            "EXTERNAL" => BrokerAuthentication.External,
            _ => throw new FormatException($"The option {name} is '{value}'; it may be PLAIN or EXTERNAL."),
        },
        ["cacertfile"] = (options, name, value) => Tls(options, name).CaFile = value,
        ["certfile"] = (options, name, value) => Tls(options, name).CertFile = value,
        ["keyfile"] = (options, name, value) => Tls(options, name).KeyFile = value,
        ["password"] = (options, name, value) => Tls(options, name).KeyPassword = value,
        ["server_name_indication"] = (options, name, value) => Tls(options, name).ServerName = value,
        ["verify"] = (options, name, value) =>
        {
            _ = Tls(options, name);
            if (value != "verify_peer")
                throw new FormatException(
                    $"The option {name} is '{value}'; certificates are always checked (verify_peer). "
                    + "Trust a certificate of your own by cacertfile.");
        },
    };

    // pika knows these as Python literals, which a URI should not carry.
    private static readonly Dictionary<string, string> s_elsewhere = new(StringComparer.Ordinal)
    {
        ["ssl_options"] = "use cacertfile, certfile, keyfile and server_name_indication, or BrokerOptions.Tls",
        ["client_properties"] = "use BrokerOptions.ClientProperties",
        ["tcp_options"] = "keep-alive is always on, and there is no need for the others",
        ["locale"] = "RabbitMQ has one locale only",
        ["backpressure_detection"] = "RabbitMQ says itself when it blocks: see BrokerClient.State",
    };

    public static BrokerOptions Parse(string uri)
    {
        var options = new BrokerOptions();
        Apply(uri, options);
        return options;
    }

    /// <summary>Sets what the URI says, and leaves the rest.</summary>
    public static void Apply(string uri, BrokerOptions options)
    {
        var rest = Scheme(uri, options);
        // Looked at first: whatever is complained of later may be shown, and must not be a piece of a password.
        if (rest.LastIndexOf('@') > rest.AsSpan().IndexOfAny('/', '?') && rest.AsSpan().IndexOfAny('/', '?') >= 0)
            throw new FormatException(
                "The URI has an '@' behind its first '/' or '?'. In user name and password write '/' as %2f, '?' as %3f "
                + "and '@' as %40; elsewhere write '@' as %40.");
        var query = "";
        if (rest.IndexOf('?') is >= 0 and var mark)
            (rest, query) = (rest[..mark], rest[(mark + 1)..]);
        if (query.Contains('#') || rest.Contains('#'))
            throw new FormatException("A broker URI has no fragment: write a '#' in a name or password as %23.");
        var path = "";
        if (rest.IndexOf('/') is >= 0 and var slash)
            (rest, path) = (rest[..slash], rest[(slash + 1)..]);
        if (rest.LastIndexOf('@') is >= 0 and var at)
        {
            Login(rest[..at], options);
            rest = rest[(at + 1)..];
        }

        var hosts = rest.Split(',');
        if (hosts.Length > 1 && hosts.Any(host => host.Length == 0))
            throw new FormatException("One of the hosts is empty: there is a comma too many.");
        options.Endpoints = [.. hosts.Select(Endpoint)];
        if (path.Contains('/'))
            throw new FormatException($"The virtual host '{path}' has a '/' in it: write it as %2f.");
        if (path.Length > 0)
            options.VirtualHost = Decode(path, "The virtual host");
        Options(query, options);
    }

    private static string Scheme(string uri, BrokerOptions options)
    {
        var end = uri.IndexOf("://", StringComparison.Ordinal);
        var scheme = end < 0 ? "" : uri[..end].ToLowerInvariant();
        if (scheme is not ("amqp" or "amqps"))
            throw new FormatException($"A broker URI begins with amqp:// or amqps:// ({Form}), and this one does not.");
        options.Tls = scheme == "amqps" ? options.Tls ?? new TlsOptions() : null;
        return uri[(end + 3)..];
    }

    private static void Login(string login, BrokerOptions options)
    {
        var colon = login.IndexOf(':');
        if (colon < 0)
            throw new FormatException($"The URI names a user without a password: write user:password@host ({Form}), or neither.");
        options.UserName = Decode(login[..colon], "The user name");
        options.Password = Decode(login[(colon + 1)..], "The password");
    }

    private static BrokerEndpoint Endpoint(string text)
    {
        var host = text;
        int? port = null;
        var colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            host = text[..colon];
            port = int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is >= 1 and <= 65535
                ? number
                : throw new FormatException($"The port of '{text}' must be a number from 1 to 65535.");
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':'))
            throw new FormatException($"Write the IPv6 address of '{text}' in brackets: [::1].");
        return new BrokerEndpoint(host.Length == 0 ? "localhost" : Decode(host, "The host"), port);
    }

    private static void Options(string query, BrokerOptions options)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var name = Decode(equals < 0 ? pair : pair[..equals], "An option's name");
            if (s_elsewhere.TryGetValue(name, out var instead))
                throw new FormatException($"The option {name} is not taken from a URI: {instead}.");
            if (!s_options.TryGetValue(name, out var apply))
                throw new FormatException($"There is no option '{name}'. Valid are {string.Join(", ", s_options.Keys)}.");
            if (equals < 0)
                throw new FormatException($"The option {name} has no value: write {name}=value.");
            if (!seen.Add(name))
                throw new FormatException($"The option {name} is given twice.");
            apply(options, name, Decode(pair[(equals + 1)..], $"The option {name}"));
        }
    }

    private static TlsOptions Tls(BrokerOptions options, string name) =>
        options.Tls ?? throw new FormatException($"The option {name} is about TLS: the URI must begin with amqps://.");

    private static int Whole(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"The option {name} is '{value}'; it must be a whole number from {least} to {most}.");

    private static TimeSpan Seconds(string name, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and <= 1_000_000
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"The option {name} is '{value}'; it must be a number of seconds above 0.");

    // What is not two hexadecimal digits after a % is a mistake, and a password with a mistake in it is not to be shown.
    private static string Decode(string text, string what)
    {
        for (var index = text.IndexOf('%'); index >= 0; index = text.IndexOf('%', index + 1))
        {
            if (index + 2 >= text.Length || !char.IsAsciiHexDigit(text[index + 1]) || !char.IsAsciiHexDigit(text[index + 2]))
                throw new FormatException(
                    $"{what} has a '%' that is not followed by two hexadecimal digits: write a '%' as %25.");
        }

        return Uri.UnescapeDataString(text);
    }
}
