namespace Broker.Client.Testing;

/// <summary>The exchanges of a virtual host and what may be done with them. Under the virtual host's lock.</summary>
internal sealed class ExchangeTable
{
    private readonly string _vhost;
    private readonly RabbitProfile _profile;
    private readonly Dictionary<string, Exchange> _exchanges = [];

    public ExchangeTable(string vhost, RabbitProfile profile)
    {
        _vhost = vhost;
        _profile = profile;
        foreach (var type in new[] { "direct", "fanout", "topic", "headers" }) Predeclare($"amq.{type}", type);
        Predeclare("amq.match", "headers");
        Predeclare("amq.rabbitmq.trace", "topic", isInternal: true);
    }

    public IEnumerable<Exchange> All => _exchanges.Values;

    public Exchange? Find(string name) => _exchanges.GetValueOrDefault(name);

    public Exchange Get(string name) => Find(name)
        ?? throw BrokerError.NotFound($"no exchange '{name}' in vhost '{_vhost}'");

    public void Check(string name)
    {
        if (name.Length == 0) throw BrokerError.DefaultExchange();
        Get(name);
    }

    public void Declare(ExchangeDeclaration wanted, Action? checkNew = null)
    {
        if (wanted.Name.Length == 0) throw BrokerError.DefaultExchange();
        CheckType(wanted.Type);
        if (Find(wanted.Name) is { } existing)
        {
            CheckEquivalence(wanted, existing.Declared);
            return;
        }

        if (wanted.Name.StartsWith("amq.", StringComparison.Ordinal))
            throw BrokerError.Refused($"exchange name '{wanted.Name}' contains reserved prefix 'amq.*'");
        if (wanted.Arguments.TryGetValue("alternate-exchange", out var alternate) && alternate is not string)
        {
            throw BrokerError.Precondition($"invalid type '{ArgumentText.TypeOf(alternate)}' for arg "
                + $"'alternate-exchange' in exchange '{wanted.Name}' in vhost '{_vhost}'");
        }

        checkNew?.Invoke();
        _exchanges.Add(wanted.Name, new(wanted));
    }

    public void Delete(string name, bool ifUnused)
    {
        if (name.Length == 0) throw BrokerError.DefaultExchange();
        if (name.StartsWith("amq.", StringComparison.Ordinal))
            throw BrokerError.Refused($"deletion of system exchange '{name}' in vhost '{_vhost}' not allowed");
        // Deleting what is not there succeeds.
        if (Find(name) is not { } exchange) return;
        if (ifUnused && exchange.IsUsed)
            throw BrokerError.Precondition($"exchange '{name}' in vhost '{_vhost}' in use");

        Remove(exchange);
    }

    public void Unbind(Binding binding)
    {
        if (binding.Source.Remove(binding)) DeleteIfDone(binding.Source);
    }

    /// <summary>A queue is gone, and with it the bindings that led there.</summary>
    public void Forget(MessageQueue queue) => UnbindWhere(binding => binding.Queue == queue);

    private void Remove(Exchange exchange)
    {
        _exchanges.Remove(exchange.Name);
        UnbindWhere(binding => binding.Exchange == exchange);
    }

    private void UnbindWhere(Func<Binding, bool> gone)
    {
        foreach (var binding in _exchanges.Values.SelectMany(static exchange => exchange.Bindings).Where(gone).ToList())
            Unbind(binding);
    }

    private void DeleteIfDone(Exchange exchange)
    {
        if (exchange.Declared.AutoDelete && !exchange.IsUsed) Remove(exchange);
    }

    private void CheckType(string type)
    {
        if (type is "direct" or "fanout" or "topic" or "headers") return;

        // Types of plugins (x-delayed-message, x-consistent-hash) are unknown to a broker without them, and here.
        var text = type.Length == 0 ? "invalid exchange type ''" : $"unknown exchange type '{type}'";
        throw _profile.UnknownExchangeTypeClosesConnection
            ? new(503, $"COMMAND_INVALID - {text}", isConnectionError: true)
            : BrokerError.Precondition(text);
    }

    private void CheckEquivalence(ExchangeDeclaration wanted, ExchangeDeclaration existing)
    {
        var equivalence = new Equivalence($"exchange '{wanted.Name}' in vhost '{_vhost}'");
        equivalence.Text("type", wanted.Type, existing.Type);
        equivalence.Flag("durable", wanted.Durable, existing.Durable);
        equivalence.Flag("auto_delete", wanted.AutoDelete, existing.AutoDelete);
        equivalence.Flag("internal", wanted.Internal, existing.Internal);
        equivalence.Argument("alternate-exchange", wanted.Arguments, existing.Arguments);
    }

    private void Predeclare(string name, string type, bool isInternal = false) =>
        _exchanges.Add(name, new(new(name, type) { Durable = true, Internal = isInternal }));
}
