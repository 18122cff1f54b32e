using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting;

/// <summary>Every line that hosting logs, 6xxx; the client logs its own. Payloads and secrets never.</summary>
internal static partial class HostingLog
{
    public const string Category = "Broker.Client.Hosting";

    [LoggerMessage(6000, LogLevel.Error,
        "The consumer of '{Queue}' has failed for good, and the application goes on without it: {Cause}")]
    public static partial void ConsumerFailed(ILogger logger, string queue, string cause);

    [LoggerMessage(6001, LogLevel.Critical, "The consumer of '{Queue}' has failed for good, and the application stops: {Cause}")]
    public static partial void ConsumerFailedAndHostStops(ILogger logger, string queue, string cause);

    [LoggerMessage(6002, LogLevel.Debug, "The consumer of '{Queue}' could not start yet, and is tried again: {Cause}")]
    public static partial void ConsumerNotStarted(ILogger logger, string queue, string cause);

    [LoggerMessage(6003, LogLevel.Warning,
        "The host's time to stop is over: the handlers of '{Queue}' are cancelled, and what they leave of {InFlight} messages "
        + "without a verdict comes again")]
    public static partial void StopCutShort(ILogger logger, string queue, int inFlight);

    [LoggerMessage(6010, LogLevel.Debug, "Polled {Source}: {Found} found, {Published} new and published")]
    public static partial void Polled(ILogger logger, string source, int found, int published);

    [LoggerMessage(6011, LogLevel.Warning, "Polling {Source} failed, and is tried again in {Pause} or so: {Cause}")]
    public static partial void PollFailed(ILogger logger, string source, TimeSpan pause, string cause);
}
