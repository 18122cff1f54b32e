namespace Broker.Client.Testing;

/// <summary>What a pump knows of a frame without reading its fields.</summary>
internal readonly record struct FrameSeen(
    int Connection, FaultDirection Direction, long Number, FrameType Type, ushort Channel, string? Method)
{
    public bool HasContent => Method is "basic.publish" or "basic.deliver" or "basic.return" or "basic.get-ok";
}
