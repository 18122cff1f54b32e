using System.Diagnostics;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// The rabbitmq-server of this machine as a private process: loopback only, its own data, cookie and epmd, no plugins,
/// everything in one temporary folder.
/// </summary>
internal sealed class ProcessBroker : BrokerUnderTest
{
    private static readonly string[] s_folders =
        ["/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin", "/usr/local/opt/rabbitmq/sbin"];

    private readonly string _scripts;
    private readonly ProcessNode _node;
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-client-").FullName;
    private readonly int _distributionPort = LoopbackPort.Free();
    private readonly OrphanGuard _guard;
    private Process? _server;

    private ProcessBroker(string scripts, ProcessNode node)
    {
        (_scripts, _node) = (scripts, node);
        Uri = new Uri($"amqp://guest:guest@127.0.0.1:{LoopbackPort.Free()}");
        Directory.CreateDirectory(InFolder("home"));
        File.WriteAllText(InFolder("home/.erlang.cookie"), node.Cookie);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(InFolder("home/.erlang.cookie"), UnixFileMode.UserRead);
        File.WriteAllText(InFolder("plugins"), $"[{node.Plugin}].\n");
        File.WriteAllText(InFolder("file"), node.File);
        File.WriteAllText(InFolder("rabbitmq.conf"), $"""
            listeners.tcp.local = 127.0.0.1:{Uri.Port}
            disk_free_limit.absolute = 50MB
            {node.Settings.Replace("FILE", InFolder("file"), StringComparison.Ordinal)}

            """);
        _guard = new OrphanGuard("""
            kill -9 "$(tr -dc 0-9 <"$1/pid")"
            for _ in 1 2 3 4 5; do ERL_EPMD_PORT=$2 epmd -kill && break; sleep 1; done
            rm -rf "$1"
            """, _folder, $"{node.EpmdPort}");
    }

    public override Uri Uri { get; }

    public override string Description => $"rabbitmq-server as a process on port {Port}";

    /// <summary>Its name among the nodes of a cluster.</summary>
    public string Name => _node.Name;

    /// <summary>The folder with rabbitmq-server and rabbitmqctl, or null when RabbitMQ is not installed.</summary>
    public static string? FindScripts()
    {
        string? OnPath() => Command.Find("rabbitmq-server") is { } found
            ? Path.GetDirectoryName(new FileInfo(found).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? found)
            : null;
        return s_folders.Append(OnPath()).FirstOrDefault(folder => File.Exists($"{folder}/rabbitmq-server"));
    }

    public static async Task<BrokerUnderTest> StartAsync() => await StartAsync(ProcessNode.Alone());

    public static async Task<ProcessBroker> StartAsync(ProcessNode node)
    {
        var scripts = FindScripts() ?? throw new InvalidOperationException("rabbitmq-server is not installed.");
        var broker = new ProcessBroker(scripts, node);
        try
        {
            await broker.StartAgainAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public override async Task StartAgainAsync()
    {
        File.Delete(InFolder("pid"));
        // A session of its own, so that Ctrl+C on the tests does not reach it; the shell gives it a log and no terminal.
        var start = Start(Command.Find("setsid") ?? "/usr/bin/env");
        foreach (var argument in (string[])
            ["sh", "-c", """exec "$1" >>"$2" 2>&1 </dev/null""", "server", $"{_scripts}/rabbitmq-server", InFolder("output")])
            start.ArgumentList.Add(argument);
        _server?.Dispose();
        _server = Process.Start(start)!;
        var server = _server;
        await WaitUntilReadyAsync(() => server.HasExited
            ? $"rabbitmq-server ended with {server.ExitCode}. Its log ends:\n{LogTail()}"
            : null);
    }

    public override async Task KillAsync()
    {
        if (FindNode() is not { } node)
            return;
        using (node)
        {
            node.Kill();
            await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        }

        await _server!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    /// <summary>Ends it in good order, as an operator does.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("-TERM");
        await _server!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    /// <summary>Returns when it accepts connections, which it has given up for a while.</summary>
    public Task WaitUntilReadyAsync() => WaitUntilReadyAsync(() => null);

    public override async Task PauseAsync()
    {
        await SignalAsync("-STOP");
        // The signal is delivered when each thread gets to it: on a busy machine some still answer for a while.
        using var node = FindNode() ?? throw new InvalidOperationException("The broker is not running.");
        while (!HasStopped(node.Id))
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }

    public override Task ResumeAsync() => SignalAsync("-CONT");

    public override Task<string> ControlAsync(params string[] arguments) => RunToolAsync("rabbitmqctl", arguments);

    /// <summary>One of RabbitMQ's other tools, on this node.</summary>
    public Task<string> RunToolAsync(string tool, params string[] arguments)
    {
        var start = Start($"{_scripts}/{tool}");
        foreach (var argument in (string[])["-n", _node.Name, .. arguments])
            start.ArgumentList.Add(argument);
        return Command.RunAsync(start, TimeSpan.FromSeconds(60));
    }

    public override async ValueTask DisposeAsync()
    {
        await KillAsync();
        _guard.Dispose();
        _server?.Dispose();
        if (Command.Find("epmd") is { } epmd)
        {
            var start = Start(epmd);
            start.ArgumentList.Add("-kill");
            // It ends by itself, too, and so may be gone already.
            await Command.RunAsync(start, TimeSpan.FromSeconds(20)).ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string InFolder(string name) => Path.Combine(_folder, name);

    private Process? FindNode()
    {
        try
        {
            return Process.GetProcessById(int.Parse(File.ReadAllText(InFolder("pid")), null));
        }
        catch (Exception error) when (error is ArgumentException or FormatException or FileNotFoundException)
        {
            return null;
        }
    }

    private static bool HasStopped(int process) =>
        Directory.EnumerateDirectories($"/proc/{process}/task").All(thread => File.ReadLines(Path.Combine(thread, "status")).Any(line => line.StartsWith("State:\tT", StringComparison.Ordinal)));

    private async Task SignalAsync(string signal)
    {
        using var node = FindNode() ?? throw new InvalidOperationException("The broker is not running.");
        await Command.RunAsync(new ProcessStartInfo("kill", [signal, $"{node.Id}"]), TimeSpan.FromSeconds(10));
    }

    private ProcessStartInfo Start(string program) => new(program)
    {
        WorkingDirectory = _folder,
        Environment =
        {
            ["HOME"] = InFolder("home"),
            ["ERL_EPMD_PORT"] = $"{_node.EpmdPort}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODENAME"] = _node.Name,
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_CONFIG_FILE"] = InFolder("rabbitmq"),
            ["RABBITMQ_DIST_PORT"] = $"{_distributionPort}",
            ["RABBITMQ_MNESIA_BASE"] = InFolder("data"),
            ["RABBITMQ_LOG_BASE"] = InFolder("log"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = InFolder("plugins"),
            ["RABBITMQ_PID_FILE"] = InFolder("pid"),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none" + _node.Flags,
        },
    };

    private string LogTail() => string.Join('\n', new[] { InFolder("output"), InFolder($"log/{_node.Name}.log") }
        .Where(File.Exists).SelectMany(file => File.ReadLines(file).TakeLast(30)));
}
