namespace Broker.Client;

/// <summary>
/// The publishes that the driver has taken and not written yet, bounded for two reasons. Its own queue holds 128 bodies in
/// rented arrays, of which the shared pool keeps 32 a core: beyond that every message costs an array. And whoever waits
/// behind a full queue hangs when the peer stalls (upstream #1930).
/// </summary>
internal sealed class DriverQueue
{
    /// <summary>How many it holds at the most.</summary>
    public const int Most = 48;

    private const int Few = Most / 2; // one wake-up for as many messages
    private static readonly byte[] s_publish = [0, 60, 0, 40]; // class and method of basic.publish
    private int _inside;
    private int _wanted;

    /// <summary>Called when there is room again for somebody who found none; must only signal.</summary>
    public event Action? RoomAgain;

    /// <summary>How many it holds.</summary>
    public int Count => Volatile.Read(ref _inside);

    /// <summary>Whether a command of the driver, which it writes in one piece, is a publish.</summary>
    public static bool IsPublish(ReadOnlySpan<byte> command) =>
        command.Length > 11 && command[0] == 1 && command.Slice(7, 4).SequenceEqual(s_publish);

    /// <summary>Takes a place. False where there is none; then <see cref="RoomAgain"/> will tell.</summary>
    public bool TryEnter()
    {
        while (Interlocked.Increment(ref _inside) > Most)
        {
            Volatile.Write(ref _wanted, 1);
            if (Interlocked.Decrement(ref _inside) > Few || Interlocked.Exchange(ref _wanted, 0) == 0)
                return false; // whoever leaves tells, or has told already
        }

        return true;
    }

    /// <summary>Takes a place in any case.</summary>
    public void Enter() => Interlocked.Increment(ref _inside);

    /// <summary>A publish was written, or will not be.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _inside) <= Few && Volatile.Read(ref _wanted) != 0
            && Interlocked.Exchange(ref _wanted, 0) != 0)
            RoomAgain?.Invoke();
    }
}
