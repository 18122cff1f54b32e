using System.Diagnostics;

namespace Broker.Client.LedgerConsumer;

/// <summary>
/// The handler of one queue. Its lines: "begin" or "end", the number of the run, the queue, the message id, the delivery tag,
/// which channel of the consumer it came on (0, 1, ... or - where that cannot be told), the redelivered flag, and the
/// monotonic time of the machine.
/// </summary>
internal sealed class LedgerHandler(Work work, Ledger ledger, Task consuming)
{
    private static int s_runs;

    private readonly TaskCompletionSource<Consumer> _consumer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<Consumer> ConsumeAsync(BrokerClient client, string queue, CancellationToken stop)
    {
        var consumer = await client.ConsumeAsync(queue, HandleAsync, work.Options, stop);
        _consumer.SetResult(consumer);
        return consumer;
    }

    private async Task HandleAsync(Delivery delivery, CancellationToken gone)
    {
        var epoch = $"{(await _consumer.Task).Status.Restarts}";
        // A lost connection fires the token before the restart is counted: without it the count is the one of this delivery's channel.
        if (gone.IsCancellationRequested)
            epoch = "-";
        var what = $"{Interlocked.Increment(ref s_runs)} {delivery.Queue} {delivery.MessageId} {delivery.DeliveryTag} {epoch} {delivery.Redelivered}";

        await ledger.AppendAsync($"begin {what} {TimeProvider.System.GetTimestamp()}");
        if (work.Poison is { } poison && delivery.MessageId?.StartsWith(poison, StringComparison.Ordinal) == true)
        {
            await consuming; // what starts the process has to hear of it
            using var self = Process.GetCurrentProcess();
            self.Kill();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        }

        if (work.Slow > TimeSpan.Zero && delivery.DeliveryTag % work.SlowEvery == 0)
            await Task.Delay(work.Slow, TimeProvider.System, CancellationToken.None);
        await ledger.AppendAsync($"end {what} {TimeProvider.System.GetTimestamp()}");
    }
}
