using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;
using Broker.Client.Testing.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting.Tests.Testing;

/// <summary>An application on a test broker, with nothing of it changed but what it connects to.</summary>
public sealed class TestBrokerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Inbox _inbox = new();

    [Theory]
    [InlineData("""{ "Broker": { "Uri": "amqps://ann:s3cret@broker.invalid:5999/shop", "FailFast": true } }""")]
    [InlineData("""{ "Broker": { "UserName": "ann", "FailFast": true } }""")]
    [InlineData("{}")]
    public async Task An_application_works_on_it_whatever_its_configuration_says(string json)
    {
        await using var app = await App.Build(builder =>
        {
            builder.Configuration.AddConfiguration(Configured.Json(json));
            Orders(builder.AddBroker());
            builder.Services.AddTestBroker();
        }).StartAsync();

        await app.Host.Services.GetRequiredService<IPublisher<Order>>().PublishAsync(new Order(7, "anvil"));
        await _inbox.Orders.ReachAsync(1);

        var queue = BrokerOf(app).Queue("orders");
        await queue.WaitUntilEmptyAsync(s_patience);
        Assert.Equal(MessageFate.Acked, Assert.Single(queue.History).Fate);
    }

    [Fact]
    public async Task It_stands_in_for_uris_and_options_in_code_and_leaves_the_other_options_alone()
    {
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddTestBroker();
            Orders(builder.Services.AddBroker("amqps://ann:s3cret@broker.invalid").ConfigureHosting(App.WithBroker));
            builder.Services.AddBroker(options =>
            {
                options.ClientName = "shop";
                options.Authentication = BrokerAuthentication.External;
                options.CredentialsProvider = _ => throw new InvalidOperationException("The vault is far away.");
            });
        }).StartAsync();

        Assert.Equal("shop (consuming)", Assert.Single(BrokerOf(app).Connections).Name);
    }

    [Fact]
    public async Task Where_it_checks_logins_the_application_logs_in_with_its_own()
    {
        var logins = new Collected<(string, string)>();
        await using var app = await App.Build(builder =>
        {
            Orders(builder.Services.AddBroker("amqp://ann:s3cret@broker.invalid").ConfigureHosting(App.WithBroker));
            builder.Services.AddTestBroker(new TestBrokerOptions
            {
                Login = (user, password) =>
                {
                    logins.Add((user, password));
                    return new TestLogin();
                },
            });
        }).StartAsync();

        Assert.Equal(("ann", "s3cret"), logins.All[0]);
    }

    [Fact]
    public async Task All_brokers_are_one_and_a_key_may_have_its_own()
    {
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddKeyedTestBroker("east");
            builder.Services.AddTestBroker();
            builder.Services.AddBroker("amqp://one.invalid").ConfigureHosting(App.WithBroker).DeclareQueue("one");
            builder.Services.AddKeyedBroker("east", "amqp://two.invalid").ConfigureHosting(App.WithBroker).DeclareQueue("east");
            builder.Services.AddKeyedBroker("west", "amqp://three.invalid").ConfigureHosting(App.WithBroker).DeclareQueue("west");
        }).StartAsync();

        Assert.Equal(["one", "west"], Queues(BrokerOf(app)));
        Assert.Equal(["east"], Queues(app.Host.Services.GetRequiredKeyedService<TestBroker>("east")));
    }

    [Fact]
    public async Task A_virtual_host_is_the_applications_where_the_test_broker_has_it()
    {
        await using var app = await App.Build(builder =>
        {
            builder.Services.AddTestBroker(new TestBrokerOptions { VirtualHosts = ["first", "shop"] });
            builder.Services.AddBroker("amqp://any.invalid/shop").ConfigureHosting(App.WithBroker).DeclareQueue("in-shop");
            builder.Services.AddKeyedBroker("other", "amqp://any.invalid/elsewhere").ConfigureHosting(App.WithBroker).DeclareQueue("in-first");
        }).StartAsync();

        Assert.Equal("in-shop", Assert.Single(BrokerOf(app).Queues("shop")).Name);
        Assert.Equal("in-first", Assert.Single(BrokerOf(app).Queues("first")).Name);
    }

    [Fact]
    public async Task Of_several_calls_the_last_one_counts()
    {
        await using var app = await App.Build(builder =>
        {
            Orders(builder.Services.AddBroker("amqp://any.invalid").ConfigureHosting(App.WithBroker));
            builder.Services.AddTestBroker(new TestBrokerOptions { VirtualHosts = ["first"] });
            builder.Services.AddTestBroker(new TestBrokerOptions { VirtualHosts = ["last"] });
        }).StartAsync();

        Assert.True(BrokerOf(app).Queue("orders", "last").Exists);
    }

    [Fact]
    public async Task It_ends_with_the_application_and_after_its_clients()
    {
        var app = await App.Build(builder =>
        {
            Orders(builder.Services.AddBroker("amqp://any.invalid").ConfigureHosting(App.WithBroker));
            builder.Services.AddTestBroker();
        }).StartAsync();
        var uri = BrokerOf(app).Uri;

        await app.DisposeAsync();

        Assert.DoesNotContain(app.Logs.Lines, line => line.Level >= LogLevel.Warning);
        var options = BrokerOptions.Parse(uri.OriginalString) with { ConnectAttempts = 1 };
        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => BrokerClient.ConnectAsync(options).InTime());
        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
    }

    private static IEnumerable<string> Queues(TestBroker broker) => broker.Queues().Select(static queue => queue.Name).Order();

    private static TestBroker BrokerOf(App app) => app.Host.Services.GetRequiredService<TestBroker>();

    private void Orders(IBrokerBuilder broker)
    {
        broker.Services.AddSingleton(_inbox);
        broker.DeclareQueue("orders").AddPublisher<Order>("", "orders").AddConsumer<OrderHandler, Order>("orders");
    }
}
