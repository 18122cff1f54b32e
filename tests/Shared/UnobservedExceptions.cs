using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestPipelineStartup(typeof(Broker.Client.TestRun.UnobservedExceptions))]

namespace Broker.Client.TestRun;

/// <summary>
/// L2, in the process of every test project: a run in which the exception of a task was left to nobody, or one ended a thread, fails when its
/// tests have ended, and names the exception.
/// </summary>
public sealed class UnobservedExceptions : ITestPipelineStartup
{
    private const int Collections = 3;

    private static readonly ConcurrentQueue<string> s_found = new();

    // There plain RabbitMQ.Client meets all the faults of the test broker: what it leaves to nobody then is its own affair.
    private static readonly bool s_driverJudges = typeof(UnobservedExceptions).Assembly.GetName().Name == "Broker.Client.Testing.Tests";

    /// <summary>
    /// Before the test runner subscribes: its own handler holds the thread that has failed until the tests have ended, and may then be
    /// too late for the exit code.
    /// </summary>
    [ModuleInitializer]
    internal static void Watch()
    {
        AppDomain.CurrentDomain.UnhandledException += (_, found) => s_found.Enqueue($"on a thread: {found.ExceptionObject}");
        TaskScheduler.UnobservedTaskException += (_, found) =>
        {
            if (!IsDriversOwn(found.Exception.Flatten()))
                s_found.Enqueue($"in a task: {found.Exception.Flatten()}");
        };
    }

    private static bool IsDriversOwn(AggregateException found) => found.InnerExceptions.All(
        static inner => IsForgottenAnswer(inner) || IsDisposedReader(inner)
            || (s_driverJudges && inner.GetType().Namespace == "RabbitMQ.Client.Exceptions"));

    // The driver puts the answer of a request in line before it sends the request. Where the sending fails, nobody waits for that
    // answer, and the end of the connection is set on it: by its own code alone, so that nothing was thrown.
    private static bool IsForgottenAnswer(Exception found) =>
        found.StackTrace is null && found.GetType().FullName == "RabbitMQ.Client.Exceptions.OperationInterruptedException";

    // The driver waits for its reader for so long only, then disposes what the reader still uses on its way out; the reader's task is
    // in nobody else's reach.
    private static bool IsDisposedReader(Exception found) =>
        found is ObjectDisposedException { StackTrace: { } trace } // its connection, or a token source of that
        && trace.Contains("RabbitMQ.Client.Framing.Connection.MainLoop()", StringComparison.Ordinal)
        && !trace.Contains(" Broker.Client.", StringComparison.Ordinal);

    /// <summary>Has the run fail when its tests have ended.</summary>
    internal static void Fail(string finding) => s_found.Enqueue(finding);

    public ValueTask StartAsync(IMessageSink diagnosticMessageSink) => ValueTask.CompletedTask;

    /// <summary>Called when every test and fixture has ended and the report is written: what is thrown here makes the exit code.</summary>
    public ValueTask StopAsync()
    {
        for (var round = 0; round < Collections; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        var found = s_found.CountBy(static text => text).Select(static each => $"{each.Value} times {each.Key}").ToArray();
        return found is [] ? ValueTask.CompletedTask
            : throw new InvalidOperationException($"Exceptions that nobody observed, and what other watches have found:\n{string.Join('\n', found)}");
    }
}
