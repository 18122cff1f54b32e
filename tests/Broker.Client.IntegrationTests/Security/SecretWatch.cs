using System.Buffers;
using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Broker.Client.TestRun;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>
/// S3, over a whole run: looks for secrets in all that leaves the library as text. That are lines of logs at every level, with their values and
/// exceptions; the texts of exceptions when they are thrown; spans and measurements, where a test records them, for to listen to them all would
/// cost each message; the driver's event source; and what tests show it. A run in which one is found fails when its tests have ended.
/// </summary>
internal sealed class SecretWatch : EventListener
{
    /// <summary>With this the tests log in to the test broker, all of them.</summary>
    public const string Password = "cän@ry:w/a%t+c€h";

    /// <summary>Every token of <see cref="TokenIssuer"/> begins like this, and others in the tests do too.</summary>
    public const string TokenBegin = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InRlc3RzIn0";

    private static SecretWatch? s_ofTheRun;

    [ThreadStatic]
    private static bool t_isLooking; // what is found in here is not looked at in turn

    private readonly SearchValues<string> _forms;
    private readonly Action<string> _found;

    /// <param name="secrets">Who logs in, and with what.</param>
    /// <param name="found">Told where one is, and in what.</param>
    public SecretWatch((string User, string Secret)[] secrets, Action<string> found)
    {
        _forms = SearchValues.Create(
            secrets.SelectMany(each => new Canary(each.User, each.Secret).Forms).Distinct().ToArray(), StringComparison.OrdinalIgnoreCase);
        _found = found;
        AppDomain.CurrentDomain.FirstChanceException += OnThrown;
    }

    /// <summary>A logger for clients that a test gives none.</summary>
    public static ILoggerFactory Loggers { get; } = new WatchedLoggers();

    [ModuleInitializer]
    internal static void Begin()
    {
        s_ofTheRun = new SecretWatch(
            [("guest", Password), ("canary", Canary.SuitePassword), ("app", TokenBegin)],
            static found => UnobservedExceptions.Fail($"A secret was found in {found}"));
        Seen.Text = See;
    }

    /// <summary>Looks at a text of the library on behalf of the whole run.</summary>
    public static void See(string where, string? text) => s_ofTheRun?.Look(where, text);

    public void Look(string where, string? text)
    {
        if (text is null || _forms is null || t_isLooking || !text.AsSpan().ContainsAny(_forms))
            return;
        t_isLooking = true;
        try
        {
            _found($"{where}: {text}");
        }
        finally
        {
            t_isLooking = false;
        }
    }

    public override void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= OnThrown;
        base.Dispose();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (IsWatched(eventSource.Name))
            EnableEvents(eventSource, EventLevel.Verbose);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        foreach (var value in eventData.Payload ?? [])
            Look($"an event of {eventData.EventSource.Name}", value as string);
    }

    private static bool IsWatched(string name) =>
        name.StartsWith("Broker.Client", StringComparison.Ordinal) || name.StartsWith("rabbitmq", StringComparison.OrdinalIgnoreCase);

    // The message and not the whole text: most are thrown by the thousand, and their stacks are of no interest.
    private void OnThrown(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        for (var error = thrown.Exception; error is not null; error = error.InnerException)
        {
            if (error is not Xunit.Sdk.XunitException)
                Look($"a {error.GetType()}", error.Message);
        }
    }

    private sealed class WatchedLoggers : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            See($"line {eventId.Id} of a log", exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
