using System.Diagnostics;
using Broker.Client.Testing;

namespace Broker.Client.Benchmarks.Servers;

/// <summary>A server in a process of its own, so that its work is not counted as the client's: a bare one or a TestBroker.</summary>
internal sealed class ServerChild : IAsyncDisposable
{
    public const string Bare = "bare";
    public const string TestBroker = "testbroker";

    private readonly Process _process;

    private ServerChild(Process process, Uri uri)
    {
        _process = process;
        Uri = uri;
    }

    public Uri Uri { get; }

    /// <summary>What the child does: says where it listens, and serves until its standard input ends.</summary>
    public static async Task<int> RunAsync(string kind)
    {
        await using IAsyncDisposable server =
            kind == Bare ? BareServer.Start() : await Broker.Client.Testing.TestBroker.StartAsync();
        Console.WriteLine(server is TestBroker broker ? broker.Uri : ((BareServer)server).Uri);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public static async Task<ServerChild> StartAsync(string kind)
    {
        var program = Environment.ProcessPath!; // known on every system that .NET runs on
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ServerChild).Assembly.Location] : [];
        var process = Process.Start(new ProcessStartInfo(program, [.. host, "server", kind])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!; // it starts, or throws
        return await process.StandardOutput.ReadLineAsync() is { } uri
            ? new ServerChild(process, new Uri(uri))
            : throw new InvalidOperationException($"The server process '{kind}' ended at once.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
