namespace Broker.Client.Tests.Regressions;

public sealed class PublishCancellationRaceTests
{
    [Fact]
    public async Task A_message_that_the_writer_took_is_never_told_as_not_sent()
    {
        for (var round = 0; round < 20_000; round++)
        {
            using var source = new CancellationTokenSource();
            using var start = new Barrier(2);
            var publish = new PendingPublish().Prepare(new Publication("", "queue", new Message()), throws: false, calledAt: 0, deadlineAt: 0);
            var result = publish.Start(source.Token).AsTask();

            var cancelling = Task.Run(() =>
            {
                start.SignalAndWait();
                source.Cancel();
            });
            start.SignalAndWait();
            var isWritten = publish.TryWrite(now: 1);
            await cancelling;

            var outcome = (await result).Outcome;
            Assert.Equal(isWritten ? PublishOutcome.Unknown : PublishOutcome.NotSent, outcome);
        }
    }
}
