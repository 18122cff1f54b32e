namespace Broker.Client.Tests.Regressions;

public sealed class MismatchTypeTests
{
    [Theory]
    [InlineData("the value 'true' of type 'bool'", "Arguments = { [\"x-novel\"] = true }")]
    [InlineData("the value '12' of type 'longstr'", "Arguments = { [\"x-novel\"] = \"12\" }")]
    public void A_raw_argument_is_printed_in_its_own_type(string current, string line)
    {
        var refused = new TopologyException("r", isTransient: false, 406, $"PRECONDITION_FAILED - inequivalent arg 'x-novel' for queue 'q' in vhost '/': received none but current is {current}");

        Assert.Contains($"`new QueueOptions {{ {line} }}`", DeclarationMismatch.Explain("queue", "q", refused)!.Message, StringComparison.Ordinal);
    }
}
