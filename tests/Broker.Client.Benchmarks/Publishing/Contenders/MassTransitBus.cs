using System.Net.Mime;
using MassTransit;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>MassTransit: sends to an exchange of its own that is bound to the queue, with bare bytes for a body.</summary>
internal sealed class MassTransitBus : LibraryContender
{
    private readonly IBusControl _bus;
    private readonly ISendEndpoint _endpoint;
    private readonly Raw _message;
    private readonly IPipe<SendContext<Raw>> _bare;

    private MassTransitBus(IBusControl bus, ISendEndpoint endpoint, PublishGroup group)
    {
        _bus = bus;
        _endpoint = endpoint;
        _message = new Raw(new byte[group.Size]);
        var serializer = new RawSerializer(_message);
        _bare = Pipe.Execute<SendContext<Raw>>(context => context.Serializer = serializer);
    }

    public static async Task<Contender> OpenAsync(PublishGroup group)
    {
        LogContext.ConfigureCurrentLogContext(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var bus = Bus.Factory.CreateUsingRabbitMq(configure =>
            configure.Host(group.Uri.Host, (ushort)group.Uri.Port, "/", static _ => { }));
        await bus.StartAsync();
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{group.Exchange}?type=fanout&durable=true"));
        return new MassTransitBus(bus, endpoint, group);
    }

    public override bool Can(PublishWork work) => work is { Queues: 1, Outstanding: <= 10_000 };

    public override async ValueTask DisposeAsync() => await _bus.StopAsync();

    protected override Pending Publish(int queue) => new(new ValueTask(_endpoint.Send(_message, _bare)));

    public sealed record Raw(byte[] Bytes);

    private sealed class RawSerializer(Raw message) : IMessageSerializer
    {
        private readonly BytesMessageBody _body = new(message.Bytes);

        public ContentType ContentType { get; } = new("application/octet-stream");

        public MessageBody GetMessageBody<T>(SendContext<T> context)
            where T : class => _body;
    }
}
