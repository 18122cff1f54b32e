namespace Broker.Client;

/// <summary>What a publish would have thrown, kept for when its filters have seen how it ended.</summary>
internal sealed class HeldFailure
{
    public Exception? Failure { get; set; }

    public PublishResult Result { get; set; }
}
