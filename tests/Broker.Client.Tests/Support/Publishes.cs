namespace Broker.Client.Tests.Support;

/// <summary>Publishes as a lane holds them, with what their caller awaits.</summary>
internal sealed class Publishes
{
    private readonly Dictionary<PendingPublish, Task<PublishResult>> _results = [];

    public PendingPublish New(int bytes = 0, bool throws = false, CancellationToken cancellationToken = default) =>
        New(new Message(new byte[bytes]), throws: throws, cancellationToken: cancellationToken);

    public PendingPublish New(
        Message message, string exchange = "", string routingKey = "queue", bool throws = false, CancellationToken cancellationToken = default)
    {
        var publish = new PendingPublish().Prepare(
            new Publication(exchange, routingKey, message, new PublishOptions { Mandatory = true }), throws, calledAt: 0, deadlineAt: long.MaxValue);
        _results[publish] = publish.Start(cancellationToken).AsTask();
        return publish;
    }

    /// <summary>One that the writer has taken.</summary>
    public PendingPublish Written(int bytes = 0, bool throws = false, CancellationToken cancellationToken = default)
    {
        var publish = New(bytes, throws, cancellationToken);
        Assert.True(publish.TryWrite(now: 0));
        return publish;
    }

    public Task<PublishResult> ResultOf(PendingPublish publish) => _results[publish].SoonAsync();

    public async Task<PublishOutcome> OutcomeOf(PendingPublish publish) => (await ResultOf(publish)).Outcome;
}
