namespace Broker.Client.Testing;

/// <summary>A long string ('S') that is not UTF-8, which drivers send for byte arrays. It is told from a byte array
/// ('x') because a receiver must get the type that was sent.</summary>
internal sealed class RawText(byte[] bytes) : IEquatable<RawText>
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public bool Equals(RawText? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as RawText);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}
