using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>Where in the configuration a broker's options are; read when the client is made, and not before.</summary>
/// <param name="Key">Of the broker.</param>
/// <param name="Name">Of its options.</param>
/// <param name="Section">Its section, which may also be a single value: a URI.</param>
/// <param name="ConnectionString">A URI that stands elsewhere; null where there is no such place.</param>
internal sealed record BrokerSource(
    object? Key, string Name, IConfigurationSection Section, IConfigurationSection? ConnectionString = null)
{
    /// <summary>Whether the section holds options, and not a URI alone.</summary>
    public bool HasKeys => Section.Value is null;

    /// <summary>Sets what the configuration says; returns what is wrong with it, in words that name the keys.</summary>
    public IReadOnlyList<string> Bind(BrokerOptions options)
    {
        var failures = new List<string>();
        ApplyUri(options, failures);
        if (HasKeys)
            BrokerKeys.Table.Bind(Section, options, failures);
        // An empty object of a file: taken for "no TLS", it would send the password in clear text.
        if (Section.GetChildren().FirstOrDefault(static child => BrokerKeys.IsTls(child.Key) && !child.Exists()) is { } tls)
            failures.Add($"{tls.Path} is empty. For TLS with all its defaults write an amqps:// URI, or '{tls.Path}:Protocols' = None.");
        return failures;
    }

    /// <summary>What is missing, where nothing says where the broker is; else null.</summary>
    public string? Missing(BrokerOptions options) =>
        options.Endpoints.Count > 0 || Section.Exists() || ConnectionString?.Value is not null ? null
        : ConnectionString is null ? $"There is no section '{Section.Path}'."
        : $"There is neither '{ConnectionString.Path}' nor a section '{Section.Path}'.";

    // First of all, so that a password of the section is not replaced by one of the URI.
    private void ApplyUri(BrokerOptions options, List<string> failures)
    {
        IConfigurationSection?[] places = [ConnectionString, Section, HasKeys ? Section.GetSection(BrokerKeys.Uri) : null];
        var given = places.Where(static place => place?.Value is not null).ToList();
        if (given.Count > 1)
            failures.Add($"There are two URIs, '{given[0]!.Path}' and '{given[1]!.Path}': leave one of them out.");
        if (given is not [{ } source])
            return;
        if (HasKeys && Section.GetSection(nameof(BrokerOptions.Endpoints)).Exists())
            failures.Add($"'{source.Path}' names the hosts, and so does '{Section.Path}:{nameof(BrokerOptions.Endpoints)}': leave one of them out.");
        try
        {
            options.Apply(source.Value!); // it is there
        }
        catch (FormatException error)
        {
            failures.Add($"{source.Path}: {error.Message}");
        }
    }
}
