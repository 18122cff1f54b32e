using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Broker.Client;

/// <summary>
/// Ids for messages that have none: 16 hex digits that are this process's, and a count. As unique as a random id, and
/// without the system call that a <see cref="Guid"/> costs for each.
/// </summary>
internal static class MessageIds
{
    private static readonly string s_process =
        BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)).ToString("x16", CultureInfo.InvariantCulture);

    private static ulong s_count;

    public static string Next() =>
        string.Create(CultureInfo.InvariantCulture, $"{s_process}-{Interlocked.Increment(ref s_count):x}");
}
