namespace Broker.Client.Tests.Support;

/// <summary>A publisher that notes what it is given, and answers as it is told; confirmed unless told otherwise.</summary>
internal sealed class SentMessages : NoPublisher
{
    public List<(string Queue, Message Message)> Sent { get; } = [];

    public Queue<Func<PublishResult>> Answers { get; } = new();

    public override ValueTask<PublishResult> TrySendAsync(string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        Sent.Add((queue, message));
        return new(Answers.TryDequeue(out var answer) ? answer() : new PublishResult(PublishOutcome.Confirmed, message.MessageId ?? "made"));
    }
}
