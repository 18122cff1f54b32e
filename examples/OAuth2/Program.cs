// Logs in with tokens, and stays connected when they expire:  dotnet run --project examples/OAuth2
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing;
using Broker.Client.Testing.Hosting;
using OAuth2;

var builder = Host.CreateApplicationBuilder(args);
await using var inside = builder.Configuration["OAuth2:TokenEndpoint"] is null ? await AuthorizationServer.StartAsync() : null;
if (inside is not null)
{
    Console.WriteLine("No OAuth2:TokenEndpoint: using an authorization server and a test broker inside this program.");
    builder.Configuration.AddInMemoryCollection(inside.Settings);
    builder.Services.AddTestBroker(new TestBrokerOptions { Login = inside.Check });
}

using var http = new HttpClient();
var (endpoint, id, secret) = (Setting("TokenEndpoint"), Setting("ClientId"), Setting("ClientSecret"));
var credentials = new ClientCredentials(http, new Uri(endpoint), id, secret);

builder.AddBroker() // its URI is ConnectionStrings:broker, without user and password
    .DeclareQueue("ticks")
    .AddPublisher<string>("", "ticks")
    .AddConsumer<string>("ticks", (_, tick, _, _) =>
    {
        Console.WriteLine($"[x] Received {tick}");
        return Task.CompletedTask;
    });
builder.Services.AddBroker(options => options.CredentialsProvider = credentials.GetAsync);
builder.Services.AddHostedService<Clock>();
await builder.Build().RunAsync();

string Setting(string key) => builder.Configuration[$"OAuth2:{key}"] ?? throw new InvalidOperationException($"There is no OAuth2:{key}.");
