using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Topology;

public sealed class BrokerTopologyTests
{
    [Fact]
    public void Every_queue_without_a_name_gets_one_of_its_own()
    {
        var (first, second) = (BrokerTopology.ToQueue("", null), BrokerTopology.ToQueue("", new QueueOptions()));

        Assert.NotEqual(first.Name, second.Name);
        Assert.StartsWith("broker-client.", first.Name, StringComparison.Ordinal);
        Assert.True(second.Options.Exclusive);
    }

    [Fact]
    public void The_options_of_the_caller_are_left_as_they_were()
    {
        var options = new QueueOptions();

        _ = BrokerTopology.ToQueue("", options);

        Assert.False(options.Exclusive);
    }

    [Fact]
    public void A_declared_queue_does_not_follow_the_callers_options()
    {
        var options = new QueueOptions { Arguments = { ["a"] = 1 } };

        var queue = BrokerTopology.ToQueue("q", options);
        options.MaxLength = 1;
        options.Arguments.Clear();

        Assert.Null(queue.Options.MaxLength);
        Assert.Equal(["a"], queue.Options.Arguments.Keys);
    }

    [Fact]
    public void The_names_of_the_broker_are_not_for_queues()
    {
        var error = Assert.Throws<ArgumentException>(() => BrokerTopology.ToQueue("amq.mine", null));

        Assert.Contains("choose another than 'amq.mine'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_a_short_string()
    {
        Assert.Equal(255, BrokerTopology.ToQueue(Samples.Name(255), null).Name.Length);
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToQueue(Samples.Name(256), null));
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToExchange(Samples.Name(256), "direct", null));
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToBinding(toQueue: true, "q", "x", Samples.Name(256), null));
        Assert.Throws<ArgumentNullException>(() => BrokerTopology.ToQueue(null!, null));
    }

    [Fact]
    public void Arguments_that_AMQP_cannot_hold_are_refused_everywhere()
    {
        var wrong = new Dictionary<string, object?> { ["a"] = Guid.Empty };

        var queue = Assert.Throws<ArgumentException>(() => BrokerTopology.ToQueue("q", new QueueOptions { Arguments = wrong }));
        var exchange = Assert.Throws<ArgumentException>(() => BrokerTopology.ToExchange("x", "direct", new ExchangeOptions { Arguments = wrong }));
        var binding = Assert.Throws<ArgumentException>(() => BrokerTopology.ToBinding(toQueue: true, "q", "x", "", wrong));

        Assert.StartsWith("QueueOptions.Arguments[\"a\"] is of type System.Guid", queue.Message, StringComparison.Ordinal);
        Assert.StartsWith("ExchangeOptions.Arguments[\"a\"] is of type System.Guid", exchange.Message, StringComparison.Ordinal);
        Assert.StartsWith("The arguments of a binding[\"a\"] is of type System.Guid", binding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exchange_has_a_name_and_a_kind()
    {
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToExchange("", "direct", null));
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToExchange("x", "", null));
        Assert.Equal("x-delayed-message", BrokerTopology.ToExchange("x", "x-delayed-message", null).Kind);
    }

    [Fact]
    public void An_exchange_is_durable_and_sends_no_arguments_unless_told_otherwise()
    {
        var exchange = BrokerTopology.ToExchange("x", ExchangeKind.Direct, null);

        Assert.True(exchange.Options.Durable);
        Assert.Empty(exchange.Options.ToArguments());
    }

    [Fact]
    public void An_alternate_exchange_is_an_argument_that_others_win_over()
    {
        Assert.Equal("other", new ExchangeOptions { AlternateExchange = "other" }.ToArguments()["alternate-exchange"]);
        Assert.Equal("raw", new ExchangeOptions { AlternateExchange = "other", Arguments = { ["alternate-exchange"] = "raw" } }.ToArguments()["alternate-exchange"]);
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToExchange("x", "direct", new ExchangeOptions { AlternateExchange = Samples.Name(256) }));
    }

    [Fact]
    public void The_default_exchange_cannot_be_bound()
    {
        var error = Assert.Throws<ArgumentException>(() => BrokerTopology.ToBinding(toQueue: true, "q", "", "k", null));

        Assert.Contains("every queue is bound to it already, by its name", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => BrokerTopology.ToBinding(toQueue: true, "", "x", "k", null));
    }

    [Fact]
    public void A_binding_keeps_arguments_of_its_own()
    {
        var arguments = new Dictionary<string, object?> { ["a"] = 1 };

        var binding = BrokerTopology.ToBinding(toQueue: true, "q", "x", "", arguments);
        arguments["b"] = 2;

        Assert.Equal(["a"], binding.Arguments.Keys);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_before_a_connection_is_looked_for()
    {
        await using var client = new BrokerClient("amqp://h");

        await Assert.ThrowsAsync<ArgumentException>(async () => await client.DeclareQueueAsync("amq.x"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.FindQueueAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.DeleteQueueAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.PurgeQueueAsync(Samples.Name(256)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.DeclareExchangeAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.DeleteExchangeAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.BindQueueAsync("q", ""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.BindExchangeAsync("", "x"));

        Assert.Equal(BrokerConnectionState.Idle, client.State);
    }
}
