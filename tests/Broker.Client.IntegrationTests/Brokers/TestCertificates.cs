using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>What a certificate says. As it stands it is a good one for the server "localhost" at 127.0.0.1.</summary>
public sealed record CertificateContent
{
    public string Subject { get; init; } = "localhost";

    public IReadOnlyList<string> DnsNames { get; init; } = ["localhost"];

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [IPAddress.Loopback];

    public DateTimeOffset NotBefore { get; init; } = TimeProvider.System.GetUtcNow().AddDays(-1);

    public DateTimeOffset NotAfter { get; init; } = TimeProvider.System.GetUtcNow().AddDays(30);

    public bool ForServers { get; init; } = true;

    public bool ForClients { get; init; }
}

/// <summary>A certificate authority in memory; makes certificates that are good or bad in one named way.</summary>
public sealed class TestCertificates : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";

    private TestCertificates(X509Certificate2 authority) => Authority = authority;

    /// <summary>The authority's own certificate: the root to trust, or an intermediate to send along.</summary>
    public X509Certificate2 Authority { get; }

    public static TestCertificates NewRoot(string name = "Test root") => new(Make(null, AuthorityRequest(name), Decade(-1), Decade(1)));

    /// <summary>A certificate that nobody but itself vouches for.</summary>
    public static X509Certificate2 SelfSigned(CertificateContent? content = null)
    {
        content ??= new CertificateContent();
        return Make(null, LeafRequest(content), content.NotBefore, content.NotAfter);
    }

    /// <summary>An authority below this one.</summary>
    public TestCertificates NewIntermediate(string name = "Test intermediate") =>
        new(Make(Authority, AuthorityRequest(name), Authority.NotBefore, Authority.NotAfter));

    public X509Certificate2 Issue(CertificateContent? content = null)
    {
        content ??= new CertificateContent();
        return Make(Authority, LeafRequest(content), content.NotBefore, content.NotAfter);
    }

    /// <summary>Writes NAME.pem and NAME.key.pem to the folder and returns both paths.</summary>
    public static (string Certificate, string Key) WritePem(X509Certificate2 certificate, string folder, string name)
    {
        var certificatePath = Path.Combine(folder, $"{name}.pem");
        var keyPath = Path.Combine(folder, $"{name}.key.pem");
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey() 
            ?? throw new ArgumentException("The certificate has no private key.", nameof(certificate));
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return (certificatePath, keyPath);
    }

    public void Dispose() => Authority.Dispose();

    private static DateTimeOffset Decade(int number) => TimeProvider.System.GetUtcNow().AddYears(10 * number);

    private static (CertificateRequest Request, ECDsa Key) AuthorityRequest(string name)
    {
        var (request, key) = NewRequest(name);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return (request, key);
    }

    private static (CertificateRequest Request, ECDsa Key) LeafRequest(CertificateContent content)
    {
        var (request, key) = NewRequest(content.Subject);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in content.DnsNames)
            names.AddDnsName(name);
        foreach (var address in content.Addresses)
            names.AddIpAddress(address);
        if (content.DnsNames.Count + content.Addresses.Count > 0)
            request.CertificateExtensions.Add(names.Build());

        OidCollection usages = [];
        if (content.ForServers)
            usages.Add(new Oid(ServerUsage));
        if (content.ForClients)
            usages.Add(new Oid(ClientUsage));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        return (request, key);
    }

    private static (CertificateRequest Request, ECDsa Key) NewRequest(string subject)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return (request, key);
    }

    private static X509Certificate2 Make(
        X509Certificate2? issuer, (CertificateRequest Request, ECDsa Key) from, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = from.Key;
        if (issuer is not null)
        {
            from.Request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        }

        using var signed = issuer is null
            ? from.Request.CreateSelfSigned(notBefore, notAfter)
            : from.Request.Create(issuer, notBefore, notAfter, RandomNumberGenerator.GetBytes(12));
        using var complete = issuer is null ? null : signed.CopyWithPrivateKey(key);
        // Through PKCS#12, because some systems do a handshake only with a key that they have imported.
        return X509CertificateLoader.LoadPkcs12(
            (complete ?? signed).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
