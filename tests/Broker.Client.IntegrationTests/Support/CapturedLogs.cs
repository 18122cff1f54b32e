using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests;

public sealed record LogLine(int Id, LogLevel Level, string Text);

/// <summary>Keeps every line that the library logs, at every level, and lets a test wait for one.</summary>
public sealed class CapturedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly SemaphoreSlim _came = new(0);
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public IReadOnlyCollection<LogLine> Lines => _lines;

    /// <summary>Waits until a line of this kind was logged so many times; returns the last of them.</summary>
    public async Task<LogLine> WaitForAsync(Predicate<LogLine> wanted, TimeSpan limit, int times = 1)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var found = _lines.Where(line => wanted(line)).ToList();
            if (found.Count >= times)
                return found[^1];
            var left = limit - TimeProvider.System.GetElapsedTime(began);
            Assert.True(left > TimeSpan.Zero && await _came.WaitAsync(left), $"Was not logged in {limit.TotalSeconds} s. Logged:\n{string.Join('\n', _lines)}");
        }
    }

    /// <summary>Options for this broker that log here.</summary>
    public BrokerOptions OptionsFor(Uri uri)
    {
        var options = BrokerOptions.Parse(uri.ToString());
        options.LoggerFactory = this;
        return options;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = new LogLine(eventId.Id, logLevel, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}");
        SecretWatch.See($"line {line.Id} of a log", line.Text);
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
        {
            foreach (var (name, value) in values)
                SecretWatch.See($"{name} in line {line.Id} of a log", value as string);
        }

        _lines.Enqueue(line);
        _came.Release();
        try
        {
            // What the library logged stands beside the failure of its test.
            _output?.WriteLine($"{TimeProvider.System.GetElapsedTime(_began).TotalSeconds:0.000} {line.Level} {line.Text}");
        }
        catch (InvalidOperationException)
        {
            // The test has ended.
        }
    }

    public void Dispose() => _came.Dispose();
}
