using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Client;

/// <summary>
/// TLS. The server's certificate is always checked: its chain, its dates, its purpose and its name. There is no option
/// that turns this off; a broker with a certificate of one's own authority is trusted by <see cref="CaFile"/>.
/// </summary>
public sealed record TlsOptions
{
    /// <summary>A PEM file of the authorities that are trusted, and no others. Null means those of the machine.</summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// The authorities that are trusted, and no others, where they do not come from a file. Added
    /// to <see cref="CaFile"/>.
    /// </summary>
    public X509Certificate2Collection? CaCertificates { get; set; }

    /// <summary>A PEM file of the client's certificate; its intermediates may follow it in the file.</summary>
    public string? CertFile { get; set; }

    /// <summary>A PEM file of the client certificate's private key; null where it is in <see cref="CertFile"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The password of an encrypted key file.</summary>
    public string? KeyPassword { get; set; }

    /// <summary>The client's certificate with its private key, where it does not come from files.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The name that the server's certificate must carry; null means the host that is connected to.</summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// The TLS versions; <see cref="SslProtocols.None"/>, the default, leaves the choice to the operating system.
    /// </summary>
    public SslProtocols Protocols { get; set; } = SslProtocols.None;

    /// <summary>Whether revocation is looked up, online; <see cref="X509RevocationMode.NoCheck"/> by default.</summary>
    public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.NoCheck;

    /// <summary>The options without the password.</summary>
    public override string ToString() =>
        $"{nameof(TlsOptions)} {{ CaFile = {CaFile}, CertFile = {CertFile}, KeyFile = {KeyFile}, "
            + $"ServerName = {ServerName}, Protocols = {Protocols} }}";

    internal TlsOptions Snapshot() => this with { CaCertificates = CaCertificates is null ? null : [.. CaCertificates] };

    internal void Validate()
    {
        if (KeyFile is not null && CertFile is null)
            throw new ArgumentException("TlsOptions.KeyFile needs its certificate: set TlsOptions.CertFile.", "options");
        if (KeyPassword is not null && CertFile is null)
            throw new ArgumentException(
                "TlsOptions.KeyPassword opens a key file, and there is none: "
                + "set TlsOptions.CertFile, and KeyFile where the key is not in it.",
                "options");
        if (CertFile is not null && ClientCertificate is not null)
            throw new ArgumentException("Set TlsOptions.CertFile or TlsOptions.ClientCertificate, not both.", "options");
        if (ClientCertificate is { HasPrivateKey: false })
            throw new ArgumentException(
                "TlsOptions.ClientCertificate has no private key, so that the client could not prove it is its own. "
                + "Load it with its key.",
                "options");
        foreach (var (name, file) in new[] { (nameof(CaFile), CaFile), (nameof(CertFile), CertFile), (nameof(KeyFile), KeyFile) })
        {
            if (file is not null && !File.Exists(file))
                throw new ArgumentException($"TlsOptions.{name}: there is no file '{file}'.", "options");
        }

        Check.Defined(RevocationMode, "TlsOptions.RevocationMode");
    }
}
