using MessagePack;

namespace MessagePackFormat;

/// <summary>What is sent; the numbers are those of the fields in the body, and outlive a change of the names.</summary>
[MessagePackObject]
public sealed record Parcel([property: Key(0)] int Id, [property: Key(1)] string Item, [property: Key(2)] double Kilograms);
