namespace Broker.Client;

/// <summary>
/// A thread for a lane whose handlers may block. It is there while it has work and for a while after, so that blocked
/// handlers take no thread from the pool, which the heartbeats, the confirms and all other lanes live on.
/// </summary>
internal sealed class LaneThread(string name, Action turn)
{
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    // One lane of the process may try the pool at a time, where a wake-up costs half: with handlers that do not block it
    // gets far, and one that does holds a single thread of the pool.
    private static int s_inPool;

    private readonly object _lock = new(); // a Lock has no Pulse
    private bool _asked;
    private bool _exists;

    /// <summary>Whether the next turn may be taken by the pool; <see cref="LeavePool"/> ends it.</summary>
    public static bool TryEnterPool() =>
        Volatile.Read(ref s_inPool) == 0 && Interlocked.CompareExchange(ref s_inPool, 1, 0) == 0;

    public static void LeavePool() => Volatile.Write(ref s_inPool, 0);

    /// <summary>Has the thread take a turn; asked for within one, it takes another.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            _asked = true;
            if (_exists)
            {
                Monitor.Pulse(_lock);
                return;
            }

            _exists = true;
        }

        new Thread(Run) { IsBackground = true, Name = name }.UnsafeStart();
    }

    private void Run()
    {
        while (IsAsked())
            turn();
    }

    private bool IsAsked()
    {
        lock (_lock)
        {
            while (!_asked)
            {
                if (!Monitor.Wait(_lock, s_idle) && !_asked)
                    return _exists = false;
            }

            _asked = false;
            return true;
        }
    }
}
