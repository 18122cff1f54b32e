namespace Broker.Client;

/// <summary>
/// How much may be on the wire without a confirm, by count and by bytes. A message larger than the whole window goes
/// when nothing else is under way. Not thread-safe: its lane holds a lock.
/// </summary>
internal sealed class PublishWindow(int messages, long bytes)
{
    public int Messages { get; private set; }

    public long Bytes { get; private set; }

    public bool HasRoomFor(int size) => Messages < messages && (Messages == 0 || Bytes + size <= bytes);

    public void Take(int size)
    {
        Messages++;
        Bytes += size;
    }

    public void Release(int size)
    {
        Messages--;
        Bytes -= size;
    }

    public void Clear()
    {
        Messages = 0;
        Bytes = 0;
    }
}
