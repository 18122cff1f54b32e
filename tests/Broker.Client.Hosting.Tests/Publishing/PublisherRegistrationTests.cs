using Broker.Client.Hosting.Tests.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Publishing;

/// <summary>What a typed publisher hands to the client.</summary>
public sealed class PublisherRegistrationTests
{
    private readonly ServiceCollection _services = new();
    private readonly NotingPublisher _noted = new();

    [Fact]
    public async Task Its_options_are_those_of_every_publish()
    {
        _services.AddBroker("amqp://h").AddPublisher<Parcel>("x", "k", options =>
        {
            options.Deadline = TimeSpan.FromSeconds(3);
            options.Mandatory = false;
            options.OrderingKey = static parcel => parcel.Item;
        });
        await using var provider = Build();
        var publisher = provider.GetRequiredService<IPublisher<Parcel>>();

        await publisher.PublishAsync(new Parcel(1, "anvil"));
        await publisher.TryPublishAsync(new Parcel(2, "rope"));
        await publisher.PublishManyAsync(new[] { new Parcel(3, "saw") }.ToAsyncEnumerable());

        Assert.All(_noted.Publications, each => Assert.Equal(("x", "k"), (each.Exchange, each.RoutingKey)));
        Assert.Equal(
            ["anvil", "rope", "saw"],
            _noted.Publications.Select(each => each.Options is { Mandatory: false, Deadline.TotalSeconds: 3 } options ? options.OrderingKey : ""));
    }

    [Fact]
    public async Task Without_options_the_clients_own_count()
    {
        _services.AddBroker("amqp://h").AddPublisher<byte[]>("x");
        await using var provider = Build();

        await provider.GetRequiredService<IPublisher<byte[]>>().PublishAsync([1, 2]);

        var (_, key, message, options) = Assert.Single(_noted.Publications);
        Assert.Equal((new PublishOptions(), "", "application/octet-stream"), (options, key, message.ContentType));
        Assert.Equal([1, 2], message.Body.ToArray());
    }

    [Fact]
    public void A_second_one_of_a_type_is_refused_on_the_same_broker_and_not_on_another()
    {
        var plain = _services.AddBroker("amqp://h").AddPublisher<Parcel>("x").AddPublisher<string>("x");

        var error = Assert.Throws<InvalidOperationException>(() => plain.AddPublisher<Parcel>("y"));
        _services.AddKeyedBroker("other", "amqp://h").AddPublisher<Parcel>("y");

        Assert.StartsWith($"The broker has a publisher of {typeof(Parcel)} already.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_an_argument_error()
    {
        var builder = _services.AddBroker("amqp://h");

        Assert.Throws<ArgumentNullException>(() => PublisherBuilderExtensions.AddPublisher<Parcel>(null!, "x"));
        Assert.Throws<ArgumentNullException>(() => builder.AddPublisher<Parcel>(null!));
        Assert.Throws<ArgumentNullException>(() => builder.AddPublisher<Parcel>("x", null!));
        builder.AddPublisher<Parcel>("x");
        await using var provider = Build();
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await provider.GetRequiredService<IPublisher<Parcel>>().PublishAsync(null!));
    }

    private ServiceProvider Build()
    {
        _services.AddSingleton<IPublisher>(_noted);
        return _services.BuildServiceProvider();
    }

    private sealed class NotingPublisher : IPublisher
    {
        public List<Publication> Publications { get; } = [];

        public ValueTask<PublishResult> PublishAsync(
            string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken)
        {
            Publications.Add(new(exchange, routingKey, message, options));
            return default;
        }

        public ValueTask<PublishResult> TryPublishAsync(
            string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            PublishAsync(exchange, routingKey, message, options, cancellationToken);

        public ValueTask<PublishResult> SendAsync(string queue, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<PublishResult> TrySendAsync(string queue, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async Task<long> PublishManyAsync(IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken)
        {
            await foreach (var publication in publications.WithCancellation(cancellationToken))
                Publications.Add(publication);
            return Publications.Count;
        }

        public IAsyncEnumerable<PublishResult> TryPublishManyAsync(
            IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
