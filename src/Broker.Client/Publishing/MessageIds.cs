using System.Security.Cryptography;

namespace Broker.Client;

/// <summary>
/// Ids for messages that have none: 11 random characters (65 bits) that are this process's, and a count. As unique as a
/// random id, without the system call that a <see cref="Guid"/> costs for each; and short, because a broker
/// on the same cores feels every byte of a small message.
/// </summary>
internal static class MessageIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int ProcessLength = 11;
    private const int MostLength = 2 * ProcessLength; // so many characters hold every count

    private static readonly string s_process = RandomNumberGenerator.GetString(Digits, ProcessLength);
    private static ulong s_count;

    public static string Next()
    {
        Span<char> id = stackalloc char[MostLength];
        s_process.CopyTo(id);
        var from = MostLength;
        var count = Interlocked.Increment(ref s_count);
        for (; count > 0; count /= 62)
            id[--from] = Digits[(int)(count % 62)];
        id[from..].CopyTo(id[ProcessLength..]);
        return new string(id[..(ProcessLength + MostLength - from)]);
    }
}
