namespace Broker.Client.Tests.Regressions;

public sealed class BindingSamenessTests
{
    [Fact]
    public void Bindings_with_equal_bytes_lists_or_tables_are_the_same()
    {
        Binding New() => BrokerTopology.ToBinding(toQueue: true, "q", "x", "", new Dictionary<string, object?>
        {
            ["bytes"] = new byte[] { 1 },
            ["list"] = new List<object?> { "a", 1 },
            ["table"] = new Dictionary<string, object?> { ["b"] = 2 },
        });
        var ledger = new TopologyLedger();
        ledger.Add(New());
        ledger.Add(New());
        Assert.Single(ledger.All().Bindings);

        ledger.Remove(New());

        Assert.Empty(ledger.All().Bindings);
    }
}
