namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// Which broker the tests get: BROKER_URI, then a container, then the rabbitmq-server of this machine. BROKER_TEST (uri,
/// docker, process or testbroker) forces one; the test broker is never chosen unasked.
/// </summary>
internal static class BrokerSelection
{
    private const string DefaultImage = "rabbitmq:4-management";

    public static async Task<Func<Task<BrokerUnderTest>>> ChooseAsync(Func<BrokerUnderTest, Task> started)
    {
        var forced = Variable("BROKER_TEST");
        var uri = Variable("BROKER_URI");
        var image = Variable("BROKER_IMAGE") ?? DefaultImage;
        Task<BrokerUnderTest> Given() =>
            GivenBroker.StartAsync(new Uri(uri ?? throw new InvalidOperationException("BROKER_URI is not set.")));
        Task<BrokerUnderTest> Container() => ContainerBroker.StartAsync(image);

        List<(string Name, Func<Task<BrokerUnderTest>> Start)> candidates = (forced, uri) switch
        {
            ("uri", _) or (null, not null) => [("uri", Given)],
            ("docker", _) => [("docker", Container)],
            ("process", _) => [("process", ProcessBroker.StartAsync)],
            ("testbroker", _) => [("testbroker", () => InProcessBroker.StartAsync(Variable("BROKER_PROFILE")))],
            (null, null) => [("docker", Container), ("process", ProcessBroker.StartAsync)],
            _ => throw new InvalidOperationException($"BROKER_TEST is uri, docker, process or testbroker, not '{forced}'."),
        };

        List<string> reasons = [];
        foreach (var (name, start) in candidates)
        {
            try
            {
                await started(await start());
                return start;
            }
            catch (Exception error)
            {
                reasons.Add($"{name}: {error.Message}");
                Console.WriteLine($"No broker by {name}: {error.Message}");
            }
        }

        throw new InvalidOperationException($"""
            There is no RabbitMQ to test on. Set BROKER_URI to one (amqp://user:password@host), or start Docker
            (image {image}; BROKER_IMAGE names another), or install rabbitmq-server, and run the tests again. Tried:
            {string.Join('\n', reasons)}
            """);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
