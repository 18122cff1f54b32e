using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using MassTransit;
using MassTransit.Serialization;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>MassTransit, with bare bytes for a body.</summary>
internal sealed class MassTransitBus : ILibrary
{
    public bool Can(ConsumeWork work) => work is { Consumers: 1 } and ({ Measure: not Measure.Rate } or { Prefetch: 256 });

    public async Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally)
    {
        LogContext.ConfigureCurrentLogContext(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var bus = Bus.Factory.CreateUsingRabbitMq(configure =>
        {
            configure.Host(uri.Host, (ushort)uri.Port, "/", static _ => { });
            configure.ReceiveEndpoint(group.Queue(work.Queue), endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                endpoint.SetQueueArgument("x-queue-type", group.QueueType);
                endpoint.PrefetchCount = work.Prefetch;
                endpoint.ConcurrentMessageLimit = work.Lanes;
                endpoint.AddDeserializer(new RawSerialization(), isDefault: true);
                endpoint.Handler<Raw>(context => tally.HandleAsync(context.Message.Bytes).AsTask());
            });
        });
        await bus.StartAsync();
        return new Running(bus);
    }

    public sealed record Raw(byte[] Bytes);

    private sealed class Running(IBusControl bus) : IRunning
    {
        public async ValueTask DisposeAsync() => await bus.StopAsync();
    }

    private sealed class RawSerialization : ISerializerFactory, IMessageDeserializer
    {
        public ContentType ContentType { get; } = new("application/octet-stream");

        public IMessageSerializer CreateSerializer() => throw new NotSupportedException();

        public IMessageDeserializer CreateDeserializer() => this;

        public ConsumeContext Deserialize(ReceiveContext receiveContext) =>
            new BodyConsumeContext(receiveContext, Deserialize(receiveContext.Body, receiveContext.TransportHeaders));

        public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
            new Context(body.GetBytes(), headers, destinationAddress);

        public MessageBody GetMessageBody(string text) => throw new NotSupportedException();

        public void Probe(ProbeContext context)
        {
        }
    }

    private sealed class Context(byte[] body, Headers headers, Uri? destination) : BaseSerializerContext(
        SystemTextJsonMessageSerializer.Instance, new RawMessageContext(headers, destination, RawSerializerOptions.Default),
        s_types)
    {
        private static readonly string[] s_types = [MessageUrn.ForType<Raw>().ToString()];
        private readonly Raw _message = new(body);

        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? message)
            where T : class
        {
            message = _message as T;
            return message is not null;
        }

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message)
        {
            message = messageType == typeof(Raw) ? _message : null;
            return message is not null;
        }

        public override IMessageSerializer GetMessageSerializer() => throw new NotSupportedException();

        public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T message) =>
            throw new NotSupportedException();

        public override IMessageSerializer GetMessageSerializer(object message, string[] messageTypes) =>
            throw new NotSupportedException();

        public override Dictionary<string, object> ToDictionary<T>(T? message)
            where T : class => [];
    }
}
