namespace Broker.Client.IntegrationTests.Support;

/// <summary>An endless source of messages, numbered from 0, that knows how far it was read.</summary>
internal sealed class CountedSource(int bytes = 1)
{
    private int _taken;

    public int Taken => Volatile.Read(ref _taken);

    public IEnumerable<Message> Messages()
    {
        while (true)
            yield return new Message(new byte[bytes]) { MessageId = $"{Interlocked.Increment(ref _taken) - 1}" };
    }
}
