using JasperFx.CodeGeneration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Wolverine;
using Wolverine.RabbitMQ;
using Wolverine.RabbitMQ.Internal;
using Wolverine.Runtime.Serialization;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>
/// Wolverine: sends inline, on channels that track confirms, bare bytes. By itself it sends transient messages; its
/// mapper here makes them persistent, as all others send them.
/// </summary>
internal sealed class WolverineHost : LibraryContender
{
    private readonly IHost _host;
    private readonly IDestinationEndpoint _endpoint;
    private readonly Raw _message;

    private WolverineHost(IHost host, IDestinationEndpoint endpoint, PublishGroup group)
    {
        _host = host;
        _endpoint = endpoint;
        _message = new Raw(new byte[group.Size]);
    }

    public static async Task<Contender> OpenAsync(PublishGroup group)
    {
        var queue = group.Queue(0);
        var host = Host.CreateDefaultBuilder()
            .ConfigureLogging(static logging => logging.ClearProviders())
            .UseWolverine(options =>
            {
                // It only sends: there is no handler to generate code for.
                options.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;
                options.UseRabbitMq(group.Uri).UseSenderConnectionOnly().DisableSystemRequestReplyQueueDeclaration()
                    .ConfigureChannelCreation(static channel =>
                    {
                        channel.PublisherConfirmationsEnabled = true;
                        channel.PublisherConfirmationTrackingEnabled = true;
                    });
                options.PublishMessage<Raw>().ToRabbitExchange(group.Exchange)
                    .SendInline().DefaultSerializer(new RawSerializer()).UseInterop(new PersistentMapper()).Named(queue);
            })
            .Build();
        await host.StartAsync();
        var bus = (IMessageBus)host.Services.GetService(typeof(IMessageBus))!; // AddWolverine registers it
        return new WolverineHost(host, bus.EndpointFor(queue), group);
    }

    public override bool Can(PublishWork work) => work is { Queues: 1, Outstanding: <= 10_000 };

    public override async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    protected override Pending Publish(int queue) => new(_endpoint.SendAsync(_message));

    public sealed record Raw(byte[] Bytes);

    private sealed class RawSerializer : IMessageSerializer
    {
        public string ContentType => "application/octet-stream";

        public byte[] Write(Envelope envelope) => WriteMessage(envelope.Message!); // what was sent

        public byte[] WriteMessage(object message) => ((Raw)message).Bytes;

        public object ReadFromData(Type messageType, Envelope envelope) => throw new NotSupportedException();

        public object ReadFromData(byte[] data) => throw new NotSupportedException();
    }

    private sealed class PersistentMapper : IRabbitMqEnvelopeMapper
    {
        public void MapEnvelopeToOutgoing(Envelope envelope, IBasicProperties outgoing)
        {
            outgoing.Persistent = true;
            outgoing.ContentType = envelope.ContentType;
            outgoing.MessageId = envelope.Id.ToString();
        }

        public void MapIncomingToEnvelope(Envelope envelope, IReadOnlyBasicProperties incoming) =>
            throw new NotSupportedException();
    }
}
