using Broker.Client.Benchmarks.Raw;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>
/// What no client can pass by much: a socket whose frames are looked at where they lie. Of handlers that wait it is the
/// waiting itself, without any messages.
/// </summary>
/// <param name="ackBy">How many messages an ack stands for.</param>
internal sealed class Limit(int ackBy) : ILibrary
{
    public bool Can(ConsumeWork work) =>
        work is { Consumers: 1, Measure: Measure.Rate or Measure.Latency } && !(work.Waits && ackBy == 1);

    public async Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally) => work.Waits
        ? new Lanes(work.Lanes, tally)
        : new Running(await RawConsumer.StartAsync(
            uri, group.Queue(work.Queue), work.Prefetch, work.Measure == Measure.Latency ? 1 : ackBy, work.Replays, tally.Handle));

    private sealed class Running(RawConsumer consumer) : IRunning
    {
        public long? Sends => consumer.Sends;

        public ValueTask DisposeAsync()
        {
            consumer.Dispose();
            return default;
        }
    }

    private sealed class Lanes : IRunning
    {
        private readonly Task _all;
        private volatile bool _isOver;

        public bool Consumes => false;

        public Lanes(int count, Tally tally) => _all = Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            while (!_isOver)
                await tally.HandleAsync(default);
        }));

        public async ValueTask DisposeAsync()
        {
            _isOver = true;
            await _all;
        }
    }
}
