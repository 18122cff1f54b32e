using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>Keeps all that the library logs, at every level: the line, each of its values, scopes and exceptions.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _entries = new();

    public IReadOnlyCollection<(int Id, LogLevel Level, string Text)> Entries => _entries;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        _entries.Enqueue((0, LogLevel.Trace, Show(state)));
        return null;
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Id, logLevel, $"{formatter(state, exception)}\n{Show(state)}\n{exception}"));

    public void Dispose()
    {
    }

    private static string Show<TState>(TState state) => state is IEnumerable<KeyValuePair<string, object?>> values
        ? string.Join('\n', values.Select(value => $"{value.Key}={value.Value}"))
        : $"{state}";
}
