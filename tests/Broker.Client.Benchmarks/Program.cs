using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Benchmarks.Consuming;
using Broker.Client.Benchmarks.OwnBroker;
using Broker.Client.Benchmarks.Publishing;
using Broker.Client.Benchmarks.Rpc;
using Broker.Client.Benchmarks.Servers;

// dotnet run -c Release --project tests/Broker.Client.Benchmarks -- SCENARIO [OPTIONS]
// The broker is that of BROKER_URI, but for testbroker, which measures a TestBroker.
return args switch
{
    ["rpc", .. var rest] => await RpcScenario.RunAsync(rest),
    ["rpc-server", var queue] => await RpcResponder.RunAsync(queue),
    ["publish", .. var rest] => await Scenario.RunAsync(new PublishComparison(), rest),
    ["consume", .. var rest] => await Scenario.RunAsync(new ConsumeComparison(), rest),
    ["server", var kind] => await ServerChild.RunAsync(kind),
    ["testbroker"] => await TestBrokerScenario.RunAsync(),
    _ => Unknown(),
};

static int Unknown()
{
    Console.Error.WriteLine(
        "Scenarios: publish [OPTIONS]; consume [OPTIONS]; rpc [SECONDS] [ROUNDS] [SIDE,SIDE...] [IN_FLIGHT,IN_FLIGHT...]; testbroker");
    return 2;
}
