using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.RabbitMq;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>RabbitMQ in a container, by Testcontainers, on a port that stays the same over a kill and a start.</summary>
internal sealed class ContainerBroker : BrokerUnderTest
{
    private static readonly TimeSpan s_pullWithin = TimeSpan.FromMinutes(5);

    private readonly string _image;
    private readonly RabbitMqContainer _container;
    private readonly int _port = LoopbackPort.Free();
    private readonly OrphanGuard? _guard;

    private ContainerBroker(string image)
    {
        _image = image;
        var label = Guid.NewGuid().ToString("n");
        _container = new RabbitMqBuilder(image)
            .WithLogger(NullLogger.Instance)
            .WithUsername("tester").WithPassword("tester")
            .WithLabel("broker-client", label)
            .WithPortBinding(_port, 5672)
            .WithCreateParameterModifier(container =>
            {
                container.StopSignal = "SIGKILL";
                foreach (var binding in IsDockerLocal() ? container.HostConfig!.PortBindings!.Values.SelectMany(list => list) : [])
                    binding.HostIP = "127.0.0.1";
            })
            .Build();
        if (Command.Find("docker") is not null)
            _guard = new OrphanGuard("""docker rm -f -v $(docker ps -aq --filter "label=broker-client=$1")""", label);
    }

    public override Uri Uri => field ??= new UriBuilder("amqp", Host(), _port) { UserName = "tester", Password = "tester" }.Uri;

    public override string Description => $"a container of {_image} on port {_port}";

    public override string? Lacks(BrokerNeed need) =>
        need == BrokerNeed.Cluster ? "A cluster is made of processes of this machine's rabbitmq-server, not of containers." : null;

    public static async Task<BrokerUnderTest> StartAsync(string image)
    {
        var broker = new ContainerBroker(image);
        using var limit = new CancellationTokenSource(s_pullWithin, TimeProvider.System);
        try
        {
            await broker._container.StartAsync(limit.Token);
            await broker.WaitUntilReadyAsync(() => null, limit.Token);
            return broker;
        }
        catch (Exception error)
        {
            var log = await broker.LogTailAsync();
            await broker.DisposeAsync();
            throw new InvalidOperationException($"No container of {image} came up: {error.Message}{log}", error);
        }
    }

    public override Task KillAsync() => _container.StopAsync();

    public override async Task StartAgainAsync()
    {
        await _container.StartAsync();
        await WaitUntilReadyAsync(() => null);
    }

    public override Task PauseAsync() => _container.PauseAsync();

    public override Task ResumeAsync() => _container.UnpauseAsync();

    public override async Task<string> ControlAsync(params string[] arguments)
    {
        var result = await _container.ExecAsync(["rabbitmqctl", .. arguments]);
        return result.ExitCode == 0
            ? result.Stdout
            : throw new InvalidOperationException(
                $"rabbitmqctl {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.Stdout}\n{result.Stderr}");
    }

    public override async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync();
        _guard?.Dispose();
    }

    private string Host() => _container.Hostname is "localhost" ? "127.0.0.1" : _container.Hostname;

    /// <summary>Whether a port that Docker publishes on loopback can be reached from here.</summary>
    private static bool IsDockerLocal() =>
        Environment.GetEnvironmentVariable("TESTCONTAINERS_HOST_OVERRIDE") is { Length: > 0 } host
            ? host is "127.0.0.1" or "localhost"
            : !File.Exists("/.dockerenv") && Environment.GetEnvironmentVariable("DOCKER_HOST") is null or "" or ['u', 'n', 'i', 'x', ..];

    private async Task<string> LogTailAsync()
    {
        try
        {
            var (output, errors) = await _container.GetLogsAsync();
            return $"\nIts log ends:\n{string.Join('\n', $"{output}\n{errors}".Split('\n').TakeLast(30))}";
        }
        catch (Exception)
        {
            return "";
        }
    }
}
