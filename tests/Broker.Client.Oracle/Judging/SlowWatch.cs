using Broker.Client.Oracle.Programs;

namespace Broker.Client.Oracle.Judging;

/// <summary>Whether a program was so slow that time ended what it had not come to yet.</summary>
internal sealed class SlowWatch(TimeSpan slack)
{
    private long? _since;
    private bool _lasts;

    public bool IsSlow { get; private set; }

    /// <summary>Called before each step.</summary>
    public void See(Operation next)
    {
        if (_since is { } since && TimeProvider.System.GetElapsedTime(since) > slack) IsSlow = true;
        if (next is Wait)
        {
            _since = null;
            return;
        }

        // In a queue with a time to live of its own every message starts it.
        _lasts |= next is DeclareQueue { StartsClock: true };
        if (_lasts || next.StartsClock) _since ??= TimeProvider.System.GetTimestamp();
    }
}
