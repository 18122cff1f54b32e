namespace Broker.Client.Testing;

/// <summary>How a connection ends.</summary>
public enum CutKind
{
    /// <summary>With a FIN to both ends: each has received all that was passed on before it.</summary>
    Close,

    /// <summary>With a RST to both ends: what was passed on just before it may be lost with it.</summary>
    Reset,
}
