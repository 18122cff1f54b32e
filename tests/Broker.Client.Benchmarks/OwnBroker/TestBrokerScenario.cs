using Broker.Client.Benchmarks.Raw;
using Broker.Client.Testing;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.OwnBroker;

/// <summary>How fast a TestBroker starts and confirms, on loopback and in the process of its client.</summary>
internal static class TestBrokerScenario
{
    private const int BodySize = 16;

    public static async Task<int> RunAsync()
    {
        // The first start has the compiler to wait for.
        TestBroker? first = null;
        var cold = await Rounds.OnceAsync(async () => first = await TestBroker.StartAsync());
        Rounds.Print("start, the first in the process", [cold.TotalMilliseconds], "N2", "ms");
        await first!.DisposeAsync();
        await Rounds.TimeAsync("start and stop", static async () =>
        {
            await using var broker = await TestBroker.StartAsync();
        });

        await RawAsync(messages: 200_000);
        await ClientAsync(messages: 50_000, atOnce: 2_000);
        return 0;
    }

    private static async Task RawAsync(int messages)
    {
        await using var broker = await TestBroker.StartAsync();
        using var publisher = await RawPublisher.ConnectAsync(broker.Uri, "bench", BodySize);
        await Rounds.RateAsync($"confirmed, {BodySize} bytes, frames encoded before", messages, async () =>
        {
            await publisher.PublishAsync(messages);
            if (broker.Queue("bench").ReadyCount != messages) throw new InvalidOperationException("Not all are there");
            await publisher.PurgeAsync();
        });
    }

    private static async Task ClientAsync(int messages, int atOnce)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var connection = await new ConnectionFactory { Uri = broker.Uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: null));
        await channel.QueueDeclareAsync("bench", durable: true, exclusive: false, autoDelete: false);
        var body = new byte[BodySize];
        var publishes = new Task[atOnce];
        await Rounds.RateAsync($"confirmed, {BodySize} bytes, RabbitMQ.Client, {atOnce} at once", messages, async () =>
        {
            for (var sent = 0; sent < messages; sent += atOnce)
            {
                for (var i = 0; i < atOnce; i++)
                    publishes[i] = channel.BasicPublishAsync("", "bench", mandatory: false, body).AsTask();
                await Task.WhenAll(publishes);
            }

            await channel.QueuePurgeAsync("bench");
        });
    }
}
