using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>Signs tokens as an authorization server does, for the RabbitMQ whose public key it is given.</summary>
internal sealed class TokenIssuer : IDisposable
{
    public const string Audience = "rabbitmq";
    public const string KeyId = "tests";

    private readonly RSA _key = RSA.Create(2048);
    private int _issued;

    public string PublicKey => _key.ExportSubjectPublicKeyInfoPem();

    public int Issued => Volatile.Read(ref _issued);

    public string Issue(string user, DateTimeOffset until)
    {
        Interlocked.Increment(ref _issued);
        var header = Part(new { alg = "RS256", typ = "JWT", kid = KeyId });
        var claims = Part(new
        {
            sub = user,
            client_id = user,
            aud = new[] { Audience },
            scope = new[] { $"{Audience}.configure:*/*", $"{Audience}.write:*/*", $"{Audience}.read:*/*" },
            exp = until.ToUnixTimeSeconds(),
            jti = Guid.NewGuid(),
        });
        var signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{header}.{claims}.{Base64(signature)}";
    }

    public void Dispose() => _key.Dispose();

    private static string Part<T>(T value) => Base64(JsonSerializer.SerializeToUtf8Bytes(value));

    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
