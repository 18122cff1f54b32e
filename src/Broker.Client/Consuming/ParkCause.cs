namespace Broker.Client;

/// <summary>Why a message is put aside.</summary>
/// <param name="Reason">One of the words below, which its header carries.</param>
/// <param name="Attempts">How often it was handled.</param>
/// <param name="Error">What its handler threw last; null where none did.</param>
/// <param name="FirstTime">When it first failed; null means now.</param>
/// <param name="Excess">What of it was too much, in words; null where nothing was.</param>
internal sealed record ParkCause(
    string Reason, int Attempts, Exception? Error = null, DateTimeOffset? FirstTime = null, string? Excess = null)
{
    private const string HandlerThrew = "handler";
    private const string NotDecoded = "undecodable";
    private const string CameBack = "delivery-count";
    private const string Large = "too-large";
    private const string LargeHeaders = "headers";

    public static ParkCause Failed(Exception error, int attempts, DateTimeOffset? firstTime) =>
        new(error is UndecodableMessageException ? NotDecoded : HandlerThrew, attempts, error, firstTime);

    public static ParkCause DeliveredTooOften(int count) => new(CameBack, count);

    public static ParkCause TooLarge(string excess) => new(Large, 0, Excess: excess);

    public static ParkCause HeadersTooLarge(string excess) => new(LargeHeaders, 0, Excess: excess);
}
