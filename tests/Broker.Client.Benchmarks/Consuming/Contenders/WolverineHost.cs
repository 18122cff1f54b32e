using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Wolverine;
using Wolverine.RabbitMQ;
using Wolverine.RabbitMQ.Internal;
using Wolverine.Runtime.Serialization;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>Wolverine: handles inline, so that an ack comes after the handler; bare bytes.</summary>
internal sealed class WolverineHost : ILibrary
{
    public bool Can(ConsumeWork work) => work is { Consumers: 1 } and ({ Measure: not Measure.Rate } or { Prefetch: 256 });

    public async Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally)
    {
        WolverineHandler.Tally = tally;
        var host = Host.CreateDefaultBuilder()
            .ConfigureLogging(static logging => logging.ClearProviders())
            .UseWolverine(options =>
            {
                options.UseRuntimeCompilation();
                options.Discovery.DisableConventionalDiscovery().IncludeType(typeof(WolverineHandler));
                options.UseRabbitMq(uri).DisableSystemRequestReplyQueueDeclaration();
                options.ListenToRabbitQueue(group.Queue(work.Queue))
                    .PreFetchCount((ushort)work.Prefetch).ListenerCount(work.Lanes).ProcessInline()
                    .DefaultSerializer(new RawSerializer()).UseInterop(new Mapper());
            })
            .Build();
        await host.StartAsync();
        return new Running(host);
    }

    private sealed class Running(IHost host) : IRunning
    {
        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    private sealed class RawSerializer : IMessageSerializer
    {
        public string ContentType => "application/octet-stream";

        public byte[] Write(Envelope envelope) => throw new NotSupportedException();

        public byte[] WriteMessage(object message) => throw new NotSupportedException();

        public object ReadFromData(Type messageType, Envelope envelope) => new WolverineMessage(envelope.Data!); // it came with one

        public object ReadFromData(byte[] data) => new WolverineMessage(data);
    }

    private sealed class Mapper : IRabbitMqEnvelopeMapper
    {
        public void MapEnvelopeToOutgoing(Envelope envelope, IBasicProperties outgoing) => throw new NotSupportedException();

        public void MapIncomingToEnvelope(Envelope envelope, IReadOnlyBasicProperties incoming)
        {
            envelope.MessageType = typeof(WolverineMessage).FullName;
            envelope.ContentType = "application/octet-stream";
        }
    }
}

/// <summary>Public, for the code that is generated calls the handler with it.</summary>
public sealed record WolverineMessage(byte[] Bytes);

/// <summary>Public, for the code that is generated calls it.</summary>
public static class WolverineHandler
{
    internal static Tally? Tally { get; set; }

    public static Task Handle(WolverineMessage message) => Tally!.HandleAsync(message.Bytes).AsTask(); // set before the start
}
