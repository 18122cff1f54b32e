using System.Security.Cryptography.X509Certificates;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P10: options that contradict each other are refused before any I/O, by name, and with what to write instead.</summary>
[Trait("Promise", "P10")]
public sealed class ContradictionTests
{
    private static readonly TlsOptions s_tls = new();

    // What the error must name, what it must advise, and the use that must not get as far as the network.
    private static readonly Dictionary<string, (string Advice, Func<BrokerOptions, Task> Use)> s_sets = new()
    {
        ["BrokerOptions.MaxReconnectDelay"] = ("Raise the one or lower the other", Client(options => options.ReconnectDelay = TimeSpan.FromSeconds(13))),
        ["BrokerAuthentication.External"] = ("set BrokerOptions.Tls", Client(options => options.Authentication = BrokerAuthentication.External)),
        ["BrokerOptions.CredentialsProvider"] = ("Leave the provider out", Client(options =>
        {
            options.Authentication = BrokerAuthentication.External;
            options.Tls = s_tls with { ClientCertificate = TestCertificates.SelfSigned() };
            options.CredentialsProvider = _ => ValueTask.FromResult(new BrokerCredentials("ann", "secret"));
        })),
        ["BrokerOptions.MaxChannels"] = ("Lower the one or raise the other", Client(options => (options.MaxChannels, options.Publisher.Channels) = (10, 8))),
        ["PublisherOptions.Channels"] = ("from 1 to 32", Client(options => options.Publisher.Channels = 33)),
        ["BrokerOptions.Heartbeat"] = ("from 1 to", Client(options => options.Heartbeat = TimeSpan.FromSeconds(0.5))),
        ["BrokerOptions.MaxFrameSize"] = ("from 8192", Client(options => options.MaxFrameSize = 4096)),
        ["TlsOptions.KeyFile"] = ("set TlsOptions.CertFile", Client(options => options.Tls = s_tls with { KeyFile = "key.pem" })),
        ["TlsOptions.KeyPassword"] = ("set TlsOptions.CertFile", Client(options => options.Tls = s_tls with { KeyPassword = "secret" })),
        ["TlsOptions.CertFile"] = ("not both", Client(options =>
            options.Tls = s_tls with { CertFile = "cert.pem", ClientCertificate = TestCertificates.SelfSigned() })),
        ["TlsOptions.ClientCertificate"] = ("Load it with its key", Client(options =>
            options.Tls = s_tls with { ClientCertificate = X509CertificateLoader.LoadCertificate(TestCertificates.SelfSigned().RawData) })),
        ["PublishOptions.Deadline"] = ("above zero", Publish(new() { Deadline = TimeSpan.Zero })),
        ["Exclusive"] = ("or set Type = QueueType.Classic", Queue(new() { Type = QueueType.Quorum, Exclusive = true })),
        ["AutoDelete"] = ("use Expires", Queue(new() { Type = QueueType.Quorum, AutoDelete = true })),
        ["DeliveryLimit"] = ("Set DeadLetterExchange too", Queue(new() { DeliveryLimit = 5 })),
        ["DeadLetterStrategy.AtLeastOnce"] = ("Overflow = QueueOverflow.RejectPublish", Queue(
            new() { DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce, DeadLetterExchange = "dead", Overflow = QueueOverflow.DropHead })),
        ["MaxPriority"] = ("for classic queues", Queue(new() { Type = QueueType.Quorum, MaxPriority = 5 })),
        ["MaxLength"] = ("bounded by MaxLengthBytes", Queue(new() { Type = QueueType.Stream, MaxLength = 5 })),
        ["QueueOptions.Overflow"] = ("one of DropHead, RejectPublish", Queue(new() { Overflow = (QueueOverflow)9 })),
        ["ConsumerOptions.Prefetch"] = ("Raise the one or lower the other", Consumer(new() { Prefetch = 2, Concurrency = 4 })),
        ["ConsumerOptions.FailurePolicy"] = ("Use AckMode.AfterHandler", Consumer(new() { AckMode = AckMode.BeforeHandler, FailurePolicy = FailurePolicy.Requeue })),
        ["ConsumerOptions.AckMode"] = ("one of AfterHandler, BeforeHandler, Manual", Consumer(new() { AckMode = (AckMode)9 })),
        ["ConsumerOptions.FailurePolicy waits"] = ("Keep it under a minute", Consumer(new() { FailurePolicy = FailurePolicy.Retry(attempts: 20) })),
    };

    public static TheoryData<string> Sets => [.. s_sets.Keys];

    [Theory]
    [MemberData(nameof(Sets))]
    public async Task Options_that_contradict_each_other_are_refused_by_name_before_any_io(string named)
    {
        await using var proxy = await FaultProxy.StartAsync(new Uri("amqp://127.0.0.1:1"));
        var options = BrokerOptions.Parse(proxy.Uri.ToString());

        var error = await Record.ExceptionAsync(() => s_sets[named].Use(options).InTime());

        var refusal = Assert.IsAssignableFrom<ArgumentException>(error);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(s_sets[named].Advice, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, proxy.Accepted);
    }

    private static Func<BrokerOptions, Task> Client(Action<BrokerOptions> change) => async options =>
    {
        change(options);
        await using var client = await BrokerClient.ConnectAsync(options);
    };

    private static Func<BrokerOptions, Task> Publish(PublishOptions publish) =>
        With(async client => await client.SendAsync("q", "x", publish));

    private static Func<BrokerOptions, Task> Queue(QueueOptions queue) =>
        With(async client => await client.DeclareQueueAsync("q", queue));

    private static Func<BrokerOptions, Task> Consumer(ConsumerOptions consumer) =>
        With(async client => await client.ConsumeAsync("q", _ => { }, consumer));

    private static Func<BrokerOptions, Task> With(Func<BrokerClient, Task> use) => async options =>
    {
        await using var client = new BrokerClient(options);
        await use(client);
    };
}
