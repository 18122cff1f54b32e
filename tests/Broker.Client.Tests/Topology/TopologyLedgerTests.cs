namespace Broker.Client.Tests.Topology;

public sealed class TopologyLedgerTests
{
    private readonly TopologyLedger _ledger = new();

    [Fact]
    public void It_gives_back_what_was_declared()
    {
        var (exchange, queue, binding) = (Exchange("x"), Queue("q"), Bound("q", "x"));

        _ledger.Add(binding);
        _ledger.Add(queue);
        _ledger.Add(exchange);

        var all = _ledger.All();
        Assert.Equal([exchange], all.Exchanges);
        Assert.Equal([queue], all.Queues);
        Assert.Equal([binding], all.Bindings);
    }

    [Fact]
    public void The_last_declaration_of_a_name_stands()
    {
        _ledger.Add(Queue("q"));
        _ledger.Add(Exchange("x"));
        var (queue, exchange) = (Queue("q", new QueueOptions { MaxLength = 1 }), new DeclaredExchange("x", "topic", new()));

        _ledger.Add(queue);
        _ledger.Add(exchange);

        Assert.Same(queue, Assert.Single(_ledger.All().Queues));
        Assert.Same(exchange, Assert.Single(_ledger.All().Exchanges));
    }

    [Fact]
    public void A_binding_that_is_the_same_is_kept_once()
    {
        _ledger.Add(Bound("q", "x", "k", ("a", 1), ("b", "2")));
        _ledger.Add(Bound("q", "x", "k", ("b", "2"), ("a", 1)));

        Assert.Single(_ledger.All().Bindings);
    }

    [Fact]
    public void A_binding_that_differs_in_anything_is_another_one()
    {
        Binding[] bindings =
        [
            Bound("q", "x", "k", ("a", 1)), Bound("q2", "x", "k", ("a", 1)), Bound("q", "x2", "k", ("a", 1)), Bound("q", "x", "k2", ("a", 1)),
            Bound("q", "x", "k", ("a", 2)), Bound("q", "x", "k", ("b", 1)), Bound("q", "x", "k"), Bound("q", "x", "k", ("a", 1)) with { ToQueue = false },
        ];

        foreach (var binding in bindings)
            _ledger.Add(binding);

        Assert.Equal(bindings, _ledger.All().Bindings);
    }

    [Fact]
    public void A_binding_is_forgotten_by_what_it_is_and_not_by_which_object()
    {
        _ledger.Add(Bound("q", "x", "k", ("a", 1)));
        _ledger.Add(Bound("q", "x", "k"));

        _ledger.Remove(Bound("q", "x", "k", ("a", 1)));

        Assert.Empty(Assert.Single(_ledger.All().Bindings).Arguments);
    }

    [Fact]
    public void A_deleted_queue_takes_its_bindings_along_and_no_others()
    {
        var exchanges = Bound("same", "x") with { ToQueue = false };
        _ledger.Add(Queue("same"));
        _ledger.Add(Queue("other"));
        _ledger.Add(Bound("same", "x"));
        _ledger.Add(Bound("other", "x"));
        _ledger.Add(exchanges);

        _ledger.RemoveQueue("same");

        Assert.False(_ledger.HasQueue("same"));
        Assert.True(_ledger.HasQueue("other"));
        Assert.Equal(["other", "same"], _ledger.All().Bindings.Select(binding => binding.Destination));
        Assert.Contains(exchanges, _ledger.All().Bindings);
    }

    [Fact]
    public void A_deleted_exchange_takes_the_bindings_of_both_its_sides_along()
    {
        _ledger.Add(Exchange("x"));
        _ledger.Add(Exchange("y"));
        _ledger.Add(Bound("q", "x"));
        _ledger.Add(Bound("x", "y")); // a queue that is called like the exchange
        _ledger.Add(Bound("x", "y") with { ToQueue = false });
        _ledger.Add(Bound("y", "x") with { ToQueue = false });

        _ledger.RemoveExchange("x");

        Assert.Equal("y", Assert.Single(_ledger.All().Exchanges).Name);
        Assert.Equal(Bound("x", "y").ToString(), Assert.Single(_ledger.All().Bindings).ToString());
    }

    [Fact]
    public void One_queue_comes_with_the_bindings_that_lead_to_it()
    {
        _ledger.Add(Queue("q"));
        _ledger.Add(Queue("other"));
        _ledger.Add(Bound("q", "x"));
        _ledger.Add(Bound("other", "x"));
        _ledger.Add(Bound("q", "x") with { ToQueue = false });

        var one = _ledger.OfQueue("q");

        Assert.Empty(one.Exchanges);
        Assert.Equal("q", Assert.Single(one.Queues).Name);
        Assert.True(Assert.Single(one.Bindings).ToQueue);
    }

    [Fact]
    public void A_queue_of_someone_else_is_empty_even_where_it_was_bound_here()
    {
        _ledger.Add(Bound("theirs", "x"));

        var one = _ledger.OfQueue("theirs");

        Assert.Empty(one.Queues);
        Assert.Empty(one.Bindings);
        Assert.False(_ledger.HasQueue("theirs"));
    }

    [Fact]
    public void What_was_given_out_does_not_change()
    {
        _ledger.Add(Queue("q"));
        var all = _ledger.All();

        _ledger.Add(Queue("later"));
        _ledger.RemoveQueue("q");

        Assert.Equal("q", Assert.Single(all.Queues).Name);
    }

    private static DeclaredExchange Exchange(string name) => new(name, "direct", new ExchangeOptions());

    private static DeclaredQueue Queue(string name, QueueOptions? options = null) => new(name, options ?? new QueueOptions());

    private static Binding Bound(string queue, string exchange, string key = "", params (string Name, object? Value)[] arguments) =>
        new(ToQueue: true, queue, exchange, key, arguments.ToDictionary(each => each.Name, each => each.Value));
}
