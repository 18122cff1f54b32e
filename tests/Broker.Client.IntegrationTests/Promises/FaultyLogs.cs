using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>An application's logs that fail once: nothing of what a client does may depend on them.</summary>
internal sealed class FaultyLogs : ILoggerFactory, ILogger
{
    public CapturedLogs Captured { get; } = new();

    /// <summary>The id of the line that fails, the next time that it is written.</summary>
    public int? FailsAt { get; set; }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Captured.Log(logLevel, eventId, state, exception, formatter);
        if (eventId.Id != FailsAt)
            return;
        FailsAt = null;
        throw new IOException("The disk of the logs is full.");
    }

    public void Dispose() => Captured.Dispose();
}
