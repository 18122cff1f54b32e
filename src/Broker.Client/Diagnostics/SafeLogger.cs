using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// The application's logger, whose failures are its own: a line that cannot be written must not end the loop that it
/// tells of.
/// </summary>
[SuppressMessage("Design", "CA1031:Do not catch general exception types",
    Justification = "Of a logger that fails there is nobody left to tell.")]
internal sealed class SafeLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // The line is lost, and nothing else.
        }
    }
}
