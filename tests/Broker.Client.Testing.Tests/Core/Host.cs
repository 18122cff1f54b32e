using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Testing.Tests.Core;

/// <summary>A virtual host with a clock in hand, one connection and one channel.</summary>
internal sealed class Host
{
    public Host(RabbitProfile? profile = null)
    {
        Virtual = new("/", profile ?? RabbitProfile.V4_3, Clock);
        Channel = Virtual.OpenChannel(Connection);
    }

    public FakeTimeProvider Clock { get; } = new();

    public VirtualHost Virtual { get; }

    public object Connection { get; } = new();

    public Unacked Channel { get; }

    public static Dictionary<string, object?> Quorum => new() { ["x-queue-type"] = "quorum" };

    public static Dictionary<string, object?> Args(params (string Name, object? Value)[] arguments) =>
        arguments.ToDictionary(static a => a.Name, static a => a.Value);

    public void Queue(string name, params (string Name, object? Value)[] arguments) =>
        Virtual.DeclareQueue(new(name) { Durable = true, Arguments = Args(arguments) }, Connection);

    public void Exchange(string name, string type, params (string Name, object? Value)[] arguments) =>
        Virtual.DeclareExchange(new(name, type) { Arguments = Args(arguments) });

    public void Bind(string queue, string exchange, string key = "", params (string Name, object? Value)[] arguments) =>
        Virtual.BindQueue(queue, exchange, key, Args(arguments), Connection);

    public PublishResult Publish(
        string exchange, string key, string body, MessageProperties? properties = null) =>
        Virtual.Publish(exchange, key, properties ?? MessageProperties.None, Encoding.UTF8.GetBytes(body));

    public void Send(string queue, params string[] bodies)
    {
        foreach (var body in bodies) Publish("", queue, body);
    }

    public Delivery? Get(string queue, bool noAck = false) => Virtual.Get(Channel, queue, noAck);

    public string Drain(string queue)
    {
        List<string> bodies = [];
        while (Get(queue, noAck: true) is { } delivery) bodies.Add(Text(delivery));
        return string.Join(' ', bodies);
    }

    public Recorder Consume(
        string queue, int prefetch = 0, bool noAck = false, Unacked? channel = null, string tag = "",
        bool exclusive = false, bool knowsCancel = true)
    {
        var recorder = new Recorder { KnowsCancel = knowsCancel };
        var request = new ConsumeRequest(queue, tag) { Prefetch = prefetch, NoAck = noAck, Exclusive = exclusive };
        recorder.Subscription = Virtual.Consume(channel ?? Channel, request, recorder);
        return recorder;
    }

    public static string Text(Delivery? delivery) => Encoding.UTF8.GetString(delivery!.Value.Body.Span);

    public static string Header(Delivery? delivery, string name) => Convert.ToString(
        delivery!.Value.Properties.Headers?.GetValueOrDefault(name), CultureInfo.InvariantCulture) ?? "";

    public static void Fails(ushort code, string text, Action action)
    {
        var error = Assert.Throws<BrokerError>(action);

        Assert.Equal((code, text), (error.Code, error.Text));
    }
}

internal sealed class Recorder : IConsumer
{
    public List<string> Events { get; } = [];

    public List<Delivery> Deliveries { get; } = [];

    public Subscription Subscription { get; set; } = null!;

    public bool KnowsCancel { get; init; } = true;

    public string Bodies => string.Join(' ', Deliveries.Select(static delivery => Host.Text(delivery)));

    public void Started(string tag) => Events.Add("started");

    public void Deliver(in Delivery delivery)
    {
        Events.Add("delivered");
        Deliveries.Add(delivery);
    }

    public void Cancelled(string tag) => Events.Add("cancelled");

    public bool TimedOut(string tag)
    {
        Events.Add("timed out");
        return KnowsCancel;
    }
}
