namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>This library, with its defaults but for prefetch and concurrency: it acknowledges after the handler.</summary>
/// <param name="isSynchronous">Whether its handler is one that may block.</param>
internal sealed class Ours(bool isSynchronous) : ILibrary
{
    public bool Can(ConsumeWork work) => !isSynchronous || work is { Waits: false, Measure: Measure.Rate };

    public async Task<IRunning> StartAsync(Uri uri, ConsumeGroup group, ConsumeWork work, Tally tally)
    {
        var client = await BrokerClient.ConnectAsync(uri.OriginalString);
        var (queue, options) = (group.Queue(work.Queue), new ConsumerOptions
        {
            Prefetch = (ushort)work.Prefetch,
            Concurrency = work.Lanes,
        });
        if (work.Replays)
            await client.SubscribeAsync(queue, "benchmark", delivery => tally.HandleAsync(delivery.Body), new StreamSubscriptionOptions
            {
                From = StreamOffset.First,
                Store = new MemoryOffsetStore(),
                Prefetch = (ushort)work.Prefetch,
            });
        for (var count = 0; count < work.Consumers && !work.Replays; count++)
        {
            if (isSynchronous)
                await client.ConsumeAsync(queue, delivery => tally.Handle(delivery.Body.Span), options);
            else
                await client.ConsumeAsync(queue, delivery => tally.HandleAsync(delivery.Body), options);
        }

        return new Running(client);
    }

    private sealed class Running(BrokerClient client) : IRunning
    {
        public long? Sends => GroupWriter.TotalSends;

        public ValueTask DisposeAsync() => client.DisposeAsync();
    }
}
