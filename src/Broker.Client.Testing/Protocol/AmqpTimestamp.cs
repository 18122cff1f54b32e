namespace Broker.Client.Testing;

/// <summary>A table's timestamp past the year 9999, which <see cref="DateTimeOffset"/> cannot hold: programs that
/// send milliseconds where the protocol says seconds make such values.</summary>
internal readonly record struct AmqpTimestamp(ulong Seconds)
{
    private const ulong LastSecond = 253_402_300_799;

    public static object ToValue(ulong seconds) =>
        seconds <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : new AmqpTimestamp(seconds);
}
