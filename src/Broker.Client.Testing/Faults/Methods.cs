namespace Broker.Client.Testing;

/// <summary>Which methods of clients a fault is about: <c>Methods.Named("queue.declare").Number(2)</c>.</summary>
public static class Methods
{
    /// <summary>A method that clients send on an open channel, by its name in the specification.</summary>
    /// <exception cref="ArgumentException">Clients send no such method on an open channel, or it is basic.publish: see
    /// <see cref="Publishes"/>.</exception>
    public static BrokerMatch<TestMethod> Named(string name)
    {
        if (name == "basic.publish")
            throw new ArgumentException("A publish is more than its method: use Publishes.", nameof(name));
        if (!MethodTable.Names.Contains(name) || name.StartsWith("connection.", StringComparison.Ordinal)
            || name.StartsWith("channel.", StringComparison.Ordinal) || name.EndsWith("-ok", StringComparison.Ordinal)
            || name is "basic.deliver" or "basic.return" or "basic.get-empty")
        {
            throw new ArgumentException($"Clients send no method \"{name}\" on an open channel.", nameof(name));
        }

        return new(name, method => method.Name == name);
    }
}
