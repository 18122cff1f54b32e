namespace Broker.Client.Testing.Tests.Core;

public sealed class DeclaringTests
{
    private readonly Host _host = new();

    [Fact]
    public void Another_durability_is_inequivalent()
    {
        _host.Queue("q");

        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': "
            + "received 'false' but current is 'true'", () => _host.Virtual.DeclareQueue(new("q"), _host.Connection));
    }

    [Fact]
    public void Another_argument_is_inequivalent_and_an_unknown_one_is_overlooked()
    {
        _host.Queue("q", ("x-max-length", 5));

        _host.Queue("q", ("x-max-length", 5L), ("x-unknown", 1));
        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'q' in vhost '/': "
            + "received '6' but current is '5'", () => _host.Queue("q", ("x-max-length", 6)));
        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received "
            + "none but current is the value '5' of type 'signedint'", () => _host.Queue("q"));
        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received "
            + "the value '1' of type 'signedint' but current is none",
            () => _host.Queue("q", ("x-max-length", 5), ("x-message-ttl", 1)));
    }

    [Fact]
    public void The_queue_type_is_compared_as_each_generation_does()
    {
        var old = new Host(RabbitProfile.V3_10);
        old.Queue("q");
        _host.Queue("q");

        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received "
            + "'quorum' but current is 'classic'", () => _host.Queue("q", ("x-queue-type", "quorum")));
        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received "
            + "the value 'quorum' of type 'longstr' but current is none",
            () => old.Queue("q", ("x-queue-type", "quorum")));
    }

    [Fact]
    public void An_exclusive_queue_is_locked_for_other_connections_and_goes_with_its_own()
    {
        _host.Virtual.DeclareQueue(new("q") { Exclusive = true }, _host.Connection);

        var error = Assert.Throws<BrokerError>(() => _host.Virtual.CheckQueue("q", new object()));
        _host.Virtual.CloseConnection(_host.Connection);

        Assert.Equal(405, error.Code);
        Assert.StartsWith("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' in vhost '/'. It could",
            error.Text, StringComparison.Ordinal);
        Host.Fails(404, "NOT_FOUND - no queue 'q' in vhost '/'", () => _host.Virtual.CheckQueue("q", new object()));
    }

    [Theory]
    [InlineData("x-message-ttl", -1, "{value_negative,-1}")]
    [InlineData("x-message-ttl", "a", "\"expected integer, got longstr\"")]
    [InlineData("x-message-ttl", 1099511627776, "{value_too_large,1099511627776}")]
    [InlineData("x-expires", 0, "{value_zero,0}")]
    [InlineData("x-max-length-bytes", -1, "{value_negative,-1}")]
    [InlineData("x-overflow", "x", "invalid_overflow")]
    [InlineData("x-overflow", 1, "{unacceptable_type,signedint}")]
    [InlineData("x-dead-letter-routing-key", "k", "routing_key_but_no_dlx_defined")]
    [InlineData("x-queue-type", "foo", "\"unsupported queue type 'foo'\"")]
    public void A_bad_argument_is_refused_with_the_broker_s_words(string name, object value, string reason) =>
        Host.Fails(406, $"PRECONDITION_FAILED - invalid arg '{name}' for queue 'q' in vhost '/': {reason}",
            () => _host.Queue("q", (name, value)));

    [Fact]
    public void A_quorum_queue_is_durable_shared_and_named()
    {
        var refused = new QueueDeclaration("q") { Arguments = Host.Quorum };

        Host.Fails(406, "PRECONDITION_FAILED - invalid property 'non-durable' for queue 'q' in vhost '/'",
            () => _host.Virtual.DeclareQueue(refused, _host.Connection));
        Host.Fails(406, "PRECONDITION_FAILED - invalid property 'exclusive-owner' for queue 'q' in vhost '/'",
            () => _host.Virtual.DeclareQueue(refused with { Durable = true, Exclusive = true }, _host.Connection));
        Host.Fails(406, "PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_quorum_queue",
            () => _host.Virtual.DeclareQueue(refused with { Name = "" }, _host.Connection));
    }

    [Fact]
    public void A_server_named_queue_has_a_name_of_its_own()
    {
        var one = _host.Virtual.DeclareQueue(new(""), _host.Connection);
        var two = _host.Virtual.DeclareQueue(new(""), _host.Connection);

        Assert.Matches("^amq\\.gen-[A-Za-z0-9_-]{22}$", one.Name);
        Assert.NotEqual(one.Name, two.Name);
    }

    [Fact]
    public void An_unknown_exchange_type_closes_the_channel_on_4_and_the_connection_on_3()
    {
        var four = Assert.Throws<BrokerError>(() => _host.Exchange("x", "x-delayed-message"));
        var three = Assert.Throws<BrokerError>(() => new Host(RabbitProfile.V3_10).Exchange("x", "x-delayed-message"));

        Assert.Equal((406, false), (four.Code, four.IsConnectionError));
        Assert.Equal((503, true), (three.Code, three.IsConnectionError));
        Assert.Equal("COMMAND_INVALID - unknown exchange type 'x-delayed-message'", three.Text);
    }

    [Fact]
    public void Reserved_names_and_the_default_exchange_are_refused()
    {
        Host.Fails(403, "ACCESS_REFUSED - exchange name 'amq.x' contains reserved prefix 'amq.*'",
            () => _host.Exchange("amq.x", "direct"));
        Host.Fails(403, "ACCESS_REFUSED - queue name 'amq.q' contains reserved prefix 'amq.*'",
            () => _host.Queue("amq.q"));
        // Even one that the broker made, and the connection owns.
        var made = _host.Virtual.DeclareQueue(new("") { Exclusive = true }, _host.Connection).Name;
        Host.Fails(403, $"ACCESS_REFUSED - queue name '{made}' contains reserved prefix 'amq.*'",
            () => _host.Virtual.DeclareQueue(new(made) { Exclusive = true }, _host.Connection));
        Host.Fails(403, "ACCESS_REFUSED - operation not permitted on the default exchange",
            () => _host.Virtual.DeleteExchange("", ifUnused: false));
        Host.Fails(403, "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed",
            () => _host.Virtual.DeleteExchange("amq.direct", ifUnused: false));
    }

    [Fact]
    public void Another_alternate_exchange_is_inequivalent()
    {
        _host.Exchange("x", "direct");

        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'alternate-exchange' for exchange 'x' in vhost '/': "
            + "received the value 'a' of type 'longstr' but current is none",
            () => _host.Exchange("x", "direct", ("alternate-exchange", "a")));
    }

    [Fact]
    public void Deleting_respects_use_and_content_and_forgives_what_is_not_there()
    {
        _host.Queue("q");
        _host.Bind("q", "amq.direct", "k");
        _host.Exchange("x", "direct");
        _host.Bind("q", "x", "k");
        _host.Send("q", "m");
        _host.Queue("quorum", ("x-queue-type", "quorum"));

        Host.Fails(406, "PRECONDITION_FAILED - exchange 'x' in vhost '/' in use",
            () => _host.Virtual.DeleteExchange("x", ifUnused: true));
        Host.Fails(406, "PRECONDITION_FAILED - queue 'q' in vhost '/' not empty",
            () => Delete("q", ifEmpty: true));
        Host.Fails(540, "NOT_IMPLEMENTED - cannot delete queue 'quorum' in vhost '/'. queue.delete operations with "
            + "if-empty flag set are not supported by quorum queues",
            () => Delete("quorum", ifEmpty: true));
        Assert.Equal(0, Delete("nope"));
        Assert.Equal(1, Delete("q", ifUnused: true));
        Assert.Empty(_host.Virtual.Inspection.Bindings());
    }

    private int Delete(string queue, bool ifUnused = false, bool ifEmpty = false)
    {
        var messages = -1;
        _host.Virtual.DeleteQueue(queue, ifUnused, ifEmpty, _host.Connection, count => messages = count);
        return messages;
    }
}
