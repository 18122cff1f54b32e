using Broker.Client.Benchmarks.Rpc;

// dotnet run -c Release --project tests/Broker.Client.Benchmarks -- SCENARIO [OPTIONS]; the broker is that of BROKER_URI.
return args switch
{
    ["rpc", .. var rest] => await RpcScenario.RunAsync(rest),
    ["rpc-server", var queue] => await RpcResponder.RunAsync(queue),
    _ => Unknown(),
};

static int Unknown()
{
    Console.Error.WriteLine("Scenarios: rpc [SECONDS] [ROUNDS] [SIDE,SIDE...] [IN_FLIGHT,IN_FLIGHT...]");
    return 2;
}
