using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Client.Testing;
using Microsoft.Playwright;

namespace Broker.Client.LiveTrends.Tests;

/// <summary>The program, started as a user does, behind a line to its broker that can be cut; and a browser.</summary>
/// <remarks>The broker is that of BROKER_URI, or a test broker.</remarks>
public sealed class LiveTrendsApp : IAsyncLifetime
{
    private static readonly string[] s_browser =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync",
    ];

    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly StringBuilder _output = new();
    private TestBroker? _inside;
    private FaultProxy? _line;
    private Process? _program;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Uri Address { get; private set; } = new("about:blank");

    /// <summary>Between the program and its broker.</summary>
    public FaultProxy Line => _line!; // since InitializeAsync

    public async ValueTask InitializeAsync()
    {
        var given = Environment.GetEnvironmentVariable("BROKER_URI");
        _inside = given is null ? await TestBroker.StartAsync() : null;
        _line = await FaultProxy.StartAsync(_inside?.Uri ?? new Uri(given!)); // one of the two is there
        Address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "LiveTrends.dll"), "--urls", Address.GetLeftPart(UriPartial.Authority),
                "--broker", _line.Uri.OriginalString,
            },
        };
        var listening = new TaskCompletionSource();
        _program = Process.Start(start)!;
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (_output)
                _output.AppendLine(line.Data);
            if (line.Data is null)
                listening.TrySetException(new InvalidOperationException($"The program has ended:\n{_output}"));
            else if (line.Data.Contains("Now listening on", StringComparison.Ordinal))
                listening.TrySetResult();
        };
        _program.OutputDataReceived += keep;
        _program.ErrorDataReceived += (_, line) => _output.AppendLine(line.Data);
        _program.BeginOutputReadLine();
        _program.BeginErrorReadLine();
        await listening.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium(), Args = s_browser });
    }

    /// <summary>The page in a browser window of its own.</summary>
    /// <param name="configure">How the window is.</param>
    /// <param name="before">A script that runs before those of the page.</param>
    public async Task<IPage> OpenAsync(Action<BrowserNewContextOptions>? configure = null, string? before = null)
    {
        var options = new BrowserNewContextOptions();
        configure?.Invoke(options);
        var context = await _browser!.NewContextAsync(options);
        context.SetDefaultTimeout(30_000);
        if (before is not null)
            await context.AddInitScriptAsync(before);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{Address}");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_program is not null)
        {
            _program.Kill(entireProcessTree: true);
            await _program.WaitForExitAsync();
            _program.Dispose();
        }

        if (_line is not null)
            await _line.DisposeAsync();
        if (_inside is not null)
            await _inside.DisposeAsync();
    }

    // Debian's, or what PATH has under one of its names.
    private static string Chromium() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         from name in s_names
         select Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("There is no Chromium on PATH: apt-get install chromium.");

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
