using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Broker.Client;

/// <summary>
/// The client's side of TLS. The platform checks chain, dates, purpose and name; own authorities replace the
/// machine's, and never the checks.
/// </summary>
internal sealed class TlsClient(TlsOptions options, string host)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public async Task<SslStream> SecureAsync(Stream stream, CancellationToken cancellationToken)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(ToClientOptions(), cancellationToken).ConfigureAwait(false);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions ToClientOptions()
    {
        var client = new SslClientAuthenticationOptions
        {
            TargetHost = options.ServerName ?? host,
            EnabledSslProtocols = options.Protocols,
            CertificateRevocationCheckMode = options.RevocationMode,
        };
        if (Authorities() is { Count: > 0 } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = options.RevocationMode,
                DisableCertificateDownloads = true,
            };
            policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ServerAuthentication));
            policy.CustomTrustStore.AddRange(authorities);
            client.CertificateChainPolicy = policy;
        }

        if (ClientCertificate() is { } certificate)
            client.ClientCertificateContext = certificate;
        return client;
    }

    // Read at each connect, so that renewed files are taken up without a restart.
    private X509Certificate2Collection Authorities()
    {
        var authorities = new X509Certificate2Collection();
        if (options.CaFile is { } file)
            authorities.ImportFromPemFile(file);
        if (options.CaCertificates is { } more)
            authorities.AddRange(more);
        return authorities;
    }

    private SslStreamCertificateContext? ClientCertificate()
    {
        if (options.ClientCertificate is { } given)
            return SslStreamCertificateContext.Create(given, additionalCertificates: null, offline: true);
        if (options.CertFile is not { } certFile)
            return null;

        using var fromPem = options.KeyPassword is { } password
            ? X509Certificate2.CreateFromEncryptedPemFile(certFile, password, options.KeyFile)
            : X509Certificate2.CreateFromPemFile(certFile, options.KeyFile);
        // Windows' TLS takes no key that lives in memory only; by way of PKCS#12 it does, and elsewhere it costs nothing.
        var certificate = X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), password: null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certFile);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }
}
