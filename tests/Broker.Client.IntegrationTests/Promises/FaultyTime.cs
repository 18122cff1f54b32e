using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A clock that fails once where it is asked for the time by certain code: nobody can foresee what fails in a loop.</summary>
internal sealed class FaultyTime(TimeSpan held) : HeldTime(held)
{
    private volatile string? _failsIn;

    /// <summary>Part of the stack on which it fails; null once it has.</summary>
    public string? FailsIn
    {
        get => _failsIn;
        set => _failsIn = value;
    }

    public override long GetTimestamp()
    {
        if (_failsIn is not { } code || !Environment.StackTrace.Contains(code, StringComparison.Ordinal))
            return base.GetTimestamp();
        _failsIn = null;
        throw new InvalidOperationException("The clock has stopped.");
    }
}
