// Shows a certificate of its own to the broker:  dotnet run examples/FromPika/TlsClientCertificate.cs ca.pem client.pem client.key
using Broker.Client;

if (args is not [var authority, var certificate, var key])
{
    Console.Error.WriteLine("Usage: TlsClientCertificate AUTHORITY.pem CERTIFICATE.pem KEY.pem");
    return 1;
}

var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqps://localhost?auth_mechanism=EXTERNAL"; // no password
await using var broker = await BrokerClient.ConnectAsync(BrokerOptions.Parse(uri) with
{
    Tls = new TlsOptions { CaFile = authority, CertFile = certificate, KeyFile = key },
});
var queue = await broker.DeclareQueueAsync();
await broker.SendAsync(queue.Name, "Hello World!");
Console.WriteLine($"[x] Received {(await broker.GetAsync(queue.Name))?.GetText()}");
return 0;
