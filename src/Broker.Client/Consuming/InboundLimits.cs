namespace Broker.Client;

/// <summary>What a message may be for it to be handed out. Beyond it, it is put aside before anyone reads or decodes it.</summary>
/// <param name="BodyBytes">The largest body.</param>
/// <param name="BodyOption">The option that says so.</param>
/// <param name="Headers">The most headers.</param>
/// <param name="HeaderDepth">How deep they may be nested.</param>
/// <param name="HeaderBytes">The most bytes of all of them.</param>
internal sealed record InboundLimits(uint BodyBytes, string BodyOption, int Headers, int HeaderDepth, int HeaderBytes)
{
    /// <summary>
    /// What the headers of a copy may be: a header is one frame, in which those of the parking need room too, and deeper ones are
    /// refused at the door.
    /// </summary>
    public static readonly InboundLimits OfCopies = new(uint.MaxValue, "", int.MaxValue, MostHeaderDepth, MostHeaderBytes);

    public const int MostHeaderDepth = 16;
    public const int MostHeaderBytes = 88 * 1024;

    public static InboundLimits Of(BrokerOptions broker, ConsumerOptions consumer) => new(
        Math.Min(consumer.MaxBodyBytes ?? uint.MaxValue, broker.MaxInboundMessageBytes),
        consumer.MaxBodyBytes < broker.MaxInboundMessageBytes ? "ConsumerOptions.MaxBodyBytes" : "BrokerOptions.MaxInboundMessageBytes",
        consumer.MaxHeaders, consumer.MaxHeaderDepth, consumer.MaxHeaderBytes);

    /// <summary>What of it is too much, in words; null where nothing is.</summary>
    public string? ExcessOf(Delivery delivery) => delivery.Body.Length > BodyBytes
        ? $"has {delivery.Body.Length} bytes, more than {BodyOption} ({BodyBytes})"
        : delivery.HeaderExcess(this);

    /// <summary>Why it is put aside; null where it is not beyond.</summary>
    public ParkCause? CauseFor(Delivery delivery) => ExcessOf(delivery) is not { } excess ? null
        : delivery.Body.Length > BodyBytes ? ParkCause.TooLarge(excess)
        : ParkCause.HeadersTooLarge(excess);
}
