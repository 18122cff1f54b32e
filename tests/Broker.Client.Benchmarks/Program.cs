using Broker.Client.Benchmarks.OwnBroker;
using Broker.Client.Benchmarks.Rpc;

// dotnet run -c Release --project tests/Broker.Client.Benchmarks -- SCENARIO [OPTIONS]
// The broker is that of BROKER_URI, but for testbroker, which measures a TestBroker.
return args switch
{
    ["rpc", .. var rest] => await RpcScenario.RunAsync(rest),
    ["rpc-server", var queue] => await RpcResponder.RunAsync(queue),
    ["testbroker"] => await TestBrokerScenario.RunAsync(),
    _ => Unknown(),
};

static int Unknown()
{
    Console.Error.WriteLine("Scenarios: rpc [SECONDS] [ROUNDS] [SIDE,SIDE...] [IN_FLIGHT,IN_FLIGHT...]; testbroker");
    return 2;
}
