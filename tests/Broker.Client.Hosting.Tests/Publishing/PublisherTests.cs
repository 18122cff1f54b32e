using Broker.Client.Hosting.Tests.Serialization;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Publishing;

/// <summary>Typed publishers, resolved and run.</summary>
public sealed class PublisherTests(BrokerFixture brokers)
{
    private static readonly Parcel s_parcel = new(7, "anvil");

    [Fact]
    public async Task A_message_goes_to_the_exchange_of_its_type_as_json()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (exchange, queue) = await BoundAsync(probe, "parcel.#");
        await using var app = App.Build(brokers.Shared.Uri, broker => broker.AddPublisher<Parcel>(exchange, "parcel.created"));

        var result = await PublisherOf(app).PublishAsync(s_parcel).InTime();

        var message = await probe.GetAsync(queue);
        Assert.Equal(("""{"parcelId":7,"item":"anvil"}""", "parcel.created"), (message?.Text, message?.RoutingKey));
        Assert.Equal(("application/json", result.MessageId), (message?.Properties.ContentType, message?.Properties.MessageId));
    }

    [Fact]
    public async Task Messages_tell_their_routing_keys_and_properties()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (exchange, queue) = await BoundAsync(probe, "anvil.#");
        await using var app = App.Build(brokers.Shared.Uri, broker => broker.AddJsonContext(ParcelContext.Default)
            .AddPublisher<Parcel>(exchange, configure: options =>
            {
                options.RoutingKey = static parcel => $"{parcel.Item}.sold";
                options.Prepare = static (parcel, message) => (message.Type, message.CorrelationId) = ("parcel", $"{parcel.ParcelId}");
                options.Mandatory = true;
            }));

        await PublisherOf(app).PublishAsync(s_parcel, message => message.CorrelationId += " of this call").InTime();
        var lost = await PublisherOf(app).TryPublishAsync(s_parcel with { Item = "rope" }).InTime();

        var message = await probe.GetAsync(queue);
        Assert.Equal("""{"parcel_id":7,"item":"anvil"}""", message?.Text);
        Assert.Equal(("anvil.sold", "parcel", "7 of this call"), (message?.RoutingKey, message?.Properties.Type, message?.Properties.CorrelationId));
        Assert.Equal(PublishOutcome.Returned, lost.Outcome);
    }

    [Fact]
    public async Task A_message_to_a_queue_must_reach_it_and_one_to_an_exchange_need_not()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var exchange = probe.NewName("exchange");
        await probe.DeclareExchangeAsync(exchange);
        await using var app = App.Build(
            brokers.Shared.Uri, broker => broker.AddPublisher<Parcel>("", "no.such.queue").AddPublisher<string>(exchange));

        var error = await Assert.ThrowsAsync<PublishException>(() => PublisherOf(app).PublishAsync(s_parcel).InTime());
        var result = await app.Host.Services.GetRequiredService<IPublisher<string>>().PublishAsync("to nobody").InTime();

        Assert.Equal((PublishOutcome.Returned, PublishOutcome.Confirmed), (error.Outcome, result.Outcome));
    }

    [Fact]
    public async Task A_stream_of_messages_is_confirmed_as_a_whole()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var app = App.Build(brokers.Shared.Uri, broker => broker.AddPublisher<string>("", queue));

        var count = await app.Host.Services.GetRequiredService<IPublisher<string>>()
            .PublishManyAsync(Clients.Numbers(100).ToAsyncEnumerable()).InTime();

        var messages = await probe.DrainAsync(queue);
        Assert.Equal(100, count);
        Assert.Equal(Clients.Numbers(100), messages.Select(message => message.Text));
        Assert.All(messages, message => Assert.Equal("text/plain; charset=utf-8", message.Properties.ContentType));
    }

    [Fact]
    public async Task Keyed_brokers_have_publishers_of_their_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (east, west) = (probe.NewName(), probe.NewName());
        await using var app = await App.Build(builder =>
        {
            foreach (var (key, queue) in new[] { ("east", east), ("west", west) })
                builder.Services.AddKeyedBroker(key, brokers.Shared.Uri.OriginalString).ConfigureHosting(App.WithBroker)
                    .DeclareQueue(queue).AddPublisher<Parcel>("", queue);
        }).StartAsync();

        await app.Host.Services.GetRequiredKeyedService<IPublisher<Parcel>>("west").PublishAsync(s_parcel).InTime();

        Assert.Equal((0u, 1u), (await probe.CountAsync(east), await probe.CountAsync(west)));
        Assert.Null(app.Host.Services.GetService<IPublisher<Parcel>>());
    }

    [Fact]
    public async Task What_is_published_by_type_is_consumed_by_type()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Parcel>.StartAsync(brokers.Shared, probe);
        await using var app = App.Build(brokers.Shared.Uri, broker => broker.AddPublisher<Parcel>("", reading.Queue));

        await PublisherOf(app).PublishAsync(s_parcel).InTime();

        Assert.Equal([s_parcel], await reading.Read.ReachAsync(1));
    }

    [Fact]
    public async Task A_publisher_that_cannot_write_fails_the_start_of_the_host()
    {
        await using var app = App.Build(brokers.Shared.Uri, static broker => broker.AddPublisher<Parcel>(
            "", "any", static options => options.ContentType = "application/x-unheard-of"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(app.StartAsync);

        Assert.Contains("application/x-unheard-of", error.Message, StringComparison.Ordinal);
    }

    private static IPublisher<Parcel> PublisherOf(App app) => app.Host.Services.GetRequiredService<IPublisher<Parcel>>();

    private static async Task<(string Exchange, string Queue)> BoundAsync(BrokerProbe probe, string pattern)
    {
        var (exchange, queue) = (probe.NewName("exchange"), probe.NewName());
        await probe.DeclareExchangeAsync(exchange, "topic");
        await probe.DeclareAsync(queue);
        await probe.BindAsync(queue, exchange, pattern);
        return (exchange, queue);
    }
}
