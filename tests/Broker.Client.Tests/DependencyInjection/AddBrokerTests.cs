using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client.Tests.DependencyInjection;

public sealed class AddBrokerTests
{
    private readonly ServiceCollection _services = new();

    [Fact]
    public async Task A_registered_broker_is_one_client_and_the_publisher_too()
    {
        _services.AddBroker("amqp://h");
        await using var provider = _services.BuildServiceProvider();

        var client = provider.GetRequiredService<BrokerClient>();

        Assert.Same(client, provider.GetRequiredService<BrokerClient>());
        Assert.Same(client, provider.GetRequiredService<IPublisher>());
    }

    [Fact]
    public async Task Resolving_it_makes_no_connection()
    {
        var asked = 0;
        _services.AddBroker(options => options.CredentialsProvider = _ =>
        {
            asked++;
            return new(new BrokerCredentials("u", "p"));
        });
        await using var provider = _services.BuildServiceProvider();

        var client = provider.GetRequiredService<BrokerClient>();

        Assert.Equal((BrokerConnectionState.Idle, 0), (client.State, asked));
    }

    [Fact]
    public async Task Options_in_code_reach_the_client()
    {
        _services.AddBroker(options => options.ClientName = "billing");
        await using var provider = _services.BuildServiceProvider();

        Assert.Equal("billing", OptionsOf(provider.GetRequiredService<BrokerClient>()).ClientName);
    }

    [Fact]
    public async Task Of_two_uris_the_first_one_stands()
    {
        _services.AddBroker("amqp://first");
        _services.AddBroker("amqp://second");
        await using var provider = _services.BuildServiceProvider();

        var client = Assert.Single(provider.GetServices<BrokerClient>());
        Assert.Single(provider.GetServices<IPublisher>());
        Assert.Equal("first", OptionsOf(client).Endpoints.Single().Host);
    }

    [Fact]
    public async Task Options_in_code_add_up_in_their_order_and_upon_a_uri()
    {
        _services.AddBroker("amqp://ann:p@h");
        _services.AddBroker(options => options.ClientName = $"{options.UserName} 1");
        _services.AddBroker(options => options.ClientName += " 2");
        await using var provider = _services.BuildServiceProvider();

        Assert.Equal("ann 1 2", OptionsOf(Assert.Single(provider.GetServices<BrokerClient>())).ClientName);
    }

    [Fact]
    public async Task Options_that_are_configured_elsewhere_are_taken_too()
    {
        _services.AddBroker("amqp://h");
        _services.Configure<BrokerOptions>(options => options.ClientName = "configured");
        _services.PostConfigure<BrokerOptions>(options => options.ClientName += " at last");
        await using var provider = _services.BuildServiceProvider();

        Assert.Equal("configured at last", OptionsOf(provider.GetRequiredService<BrokerClient>()).ClientName);
    }

    [Fact]
    public async Task Keyed_and_unkeyed_brokers_live_side_by_side()
    {
        _services.AddBroker("amqp://plain");
        _services.AddKeyedBroker("east", "amqp://east");
        _services.AddKeyedBroker("west", options => options.Endpoints.Add(new("west")));
        await using var provider = _services.BuildServiceProvider();

        var (plain, east, west) = (
            provider.GetRequiredService<BrokerClient>(), provider.GetRequiredKeyedService<BrokerClient>("east"), provider.GetRequiredKeyedService<BrokerClient>("west"));

        Assert.Equal(["plain", "east", "west"], new[] { plain, east, west }.Select(client => OptionsOf(client).Endpoints.Single().Host));
        Assert.Same(plain, provider.GetRequiredService<IPublisher>());
        Assert.Same(east, provider.GetRequiredKeyedService<IPublisher>("east"));
        Assert.Same(west, provider.GetRequiredKeyedService<IPublisher>("west"));
    }

    [Fact]
    public async Task A_key_registered_twice_is_one_client()
    {
        _services.AddKeyedBroker("east", "amqp://first");
        _services.AddKeyedBroker("east", "amqp://second");
        await using var provider = _services.BuildServiceProvider();

        var client = Assert.Single(provider.GetKeyedServices<BrokerClient>("east"));
        Assert.Equal("first", OptionsOf(client).Endpoints.Single().Host);
    }

    [Fact]
    public async Task A_keyed_brokers_options_are_its_own()
    {
        _services.AddKeyedBroker("east", options => options.ClientName = "east");
        _services.AddBroker(options => options.UserName = "plain");
        await using var provider = _services.BuildServiceProvider();

        var (plain, east) = (OptionsOf(provider.GetRequiredService<BrokerClient>()), OptionsOf(provider.GetRequiredKeyedService<BrokerClient>("east")));

        Assert.Equal(("plain", null), (plain.UserName, plain.ClientName));
        Assert.Equal(("guest", "east"), (east.UserName, east.ClientName));
    }

    [Fact]
    public void The_builder_says_what_it_builds()
    {
        var plain = _services.AddBroker("amqp://h");
        var keyed = _services.AddKeyedBroker(7, "amqp://h");

        Assert.Equal(("", null), (plain.Name, plain.Key));
        Assert.Equal(("7", (object)7), (keyed.Name, keyed.Key));
        Assert.Same(_services, plain.Services);
    }

    [Fact]
    public void A_uri_that_is_wrong_is_refused_at_the_registration()
    {
        Assert.Throws<FormatException>(() => _services.AddBroker("http://h"));
        Assert.Throws<FormatException>(() => _services.AddKeyedBroker("k", "amqp://h?nonsense=1"));
        Assert.Empty(_services);
    }

    [Fact]
    public void What_is_missing_is_an_argument_error()
    {
        Assert.Throws<ArgumentNullException>(() => _services.AddBroker((string)null!));
        Assert.Throws<ArgumentNullException>(() => _services.AddBroker((Action<BrokerOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => _services.AddKeyedBroker(null!, "amqp://h"));
        Assert.Throws<ArgumentNullException>(() => _services.AddKeyedBroker("k", (Action<BrokerOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => BrokerServiceCollectionExtensions.AddBroker(null!, "amqp://h"));
    }

    [Fact]
    public async Task Options_that_cannot_work_are_refused_when_the_client_is_made()
    {
        _services.AddBroker(options => options.MaxChannels = 1);
        await using var provider = _services.BuildServiceProvider();

        Assert.Throws<ArgumentOutOfRangeException>(provider.GetRequiredService<BrokerClient>);
    }

    [Fact]
    public void A_declaration_that_is_wrong_is_refused_at_the_registration()
    {
        var builder = _services.AddBroker("amqp://h");

        Assert.Throws<ArgumentException>(() => builder.DeclareQueue(""));
        Assert.Throws<ArgumentException>(() => builder.DeclareQueue("amq.q"));
        Assert.Throws<ArgumentException>(() => builder.DeclareQueue("q", new QueueOptions { DeliveryLimit = 3 }));
        Assert.Throws<ArgumentException>(() => builder.DeclareExchange(""));
        Assert.Throws<ArgumentException>(() => builder.DeclareExchange("x", ""));
        Assert.Throws<ArgumentException>(() => builder.Bind("q", ""));
        Assert.Throws<ArgumentException>(() => builder.Bind("", "x"));
        Assert.Throws<ArgumentNullException>(() => BrokerBuilderExtensions.DeclareQueue(null!, "q"));
    }

    [Fact]
    public async Task What_was_declared_reaches_its_own_broker_alone()
    {
        _services.AddBroker("amqp://h").DeclareQueue("plain").DeclareExchange("events", ExchangeKind.Topic).Bind("plain", "events", "order.*");
        _services.AddKeyedBroker("east", "amqp://h").DeclareQueue("east");
        await using var provider = _services.BuildServiceProvider();

        var (plain, east) = (LedgerOf(provider.GetRequiredService<BrokerClient>()), LedgerOf(provider.GetRequiredKeyedService<BrokerClient>("east")));

        Assert.Equal("plain", Assert.Single(plain.Queues).Name);
        Assert.Equal(("events", "topic"), (Assert.Single(plain.Exchanges).Name, plain.Exchanges[0].Kind));
        Assert.Equal(("plain", "events", "order.*"), (plain.Bindings[0].Destination, plain.Bindings[0].Source, plain.Bindings[0].RoutingKey));
        Assert.Equal("east", Assert.Single(east.Queues).Name);
        Assert.Empty(east.Exchanges);
    }

    [Fact]
    public async Task The_containers_logging_is_used_unless_the_options_have_their_own()
    {
        using var containers = new NullLoggerFactory();
        using var own = new NullLoggerFactory();
        _services.AddSingleton<ILoggerFactory>(containers);
        _services.AddBroker("amqp://h");
        _services.AddKeyedBroker("own", options => options.LoggerFactory = own);
        await using var provider = _services.BuildServiceProvider();

        Assert.Same(containers, OptionsOf(provider.GetRequiredService<BrokerClient>()).LoggerFactory);
        Assert.Same(own, OptionsOf(provider.GetRequiredKeyedService<BrokerClient>("own")).LoggerFactory);
    }

    [Fact]
    public async Task The_container_disposes_its_clients()
    {
        _services.AddBroker("amqp://h");
        _services.AddKeyedBroker("east", "amqp://h");
        var provider = _services.BuildServiceProvider();
        var (plain, east) = (provider.GetRequiredService<BrokerClient>(), provider.GetRequiredKeyedService<BrokerClient>("east"));
        _ = provider.GetRequiredService<IPublisher>();

        await provider.DisposeAsync();

        Assert.Equal((BrokerConnectionState.Closed, BrokerConnectionState.Closed), (plain.State, east.State));
    }

    private static BrokerOptions OptionsOf(BrokerClient client) => Field<BrokerOptions>(client, "_options");

    private static Client.Topology LedgerOf(BrokerClient client) => Field<TopologyLedger>(Field<BrokerTopology>(client, "_topology"), "_ledger").All();

    private static T Field<T>(object of, string name) =>
        (T)of.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(of)!;
}
