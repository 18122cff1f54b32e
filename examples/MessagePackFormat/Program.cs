// Sends a message in a format of one's own choice, and handles it:  dotnet run --project examples/MessagePackFormat
using Broker.Client;
using Broker.Client.Hosting;
using Broker.Client.Testing.Hosting;
using MessagePackFormat;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

const string format = "application/x-msgpack";

var builder = Host.CreateApplicationBuilder(args);
builder.AddBroker() // its URI is ConnectionStrings:broker
    .AddSerializer(new MessagePackMessageSerializer())
    .DeclareQueue("parcels")
    .AddPublisher<Parcel>("", "parcels", publisher => publisher.ContentType = format)
    .AddConsumer<Parcel>("parcels", (services, parcel, delivery, cancellationToken) =>
    {
        Console.WriteLine($"[x] Received {parcel}, {delivery.Body.Length} bytes of {delivery.ContentType}");
        services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        return Task.CompletedTask;
    }, contentType: format);
if (builder.Configuration.GetConnectionString("broker") is null)
    builder.Services.AddTestBroker();

using var host = builder.Build();
await host.StartAsync();
await host.Services.GetRequiredService<IPublisher<Parcel>>().PublishAsync(new Parcel(7, "anvil", 40.5));
await host.WaitForShutdownAsync();
