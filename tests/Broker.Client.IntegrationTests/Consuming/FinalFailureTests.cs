using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Failures that another attempt cannot mend.</summary>
public sealed class FinalFailureTests(BrokerFixture brokers)
{
    private sealed record Order(int OrderId);

    [Theory]
    [InlineData(QueueType.Quorum)]
    [InlineData(QueueType.Classic)]
    public async Task What_cannot_be_decoded_is_parked_at_its_first_attempt_and_the_queue_goes_on(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type });
        var failed = probe.Failed(queue);
        var (runs, handled) = (new Collected<string>(), new Collected<int>());

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.MessageId!);
            handled.Add(delivery.GetJson<Order>()!.OrderId);
        });
        await broker.SendAsync(queue, new Message("{"u8.ToArray()) { MessageId = "bad", ContentType = "application/json" }).InTime();
        await broker.SendAsync(queue, new Message("""{"orderId":7}"""u8.ToArray()) { MessageId = "good" }).InTime();

        Assert.Equal([7], await handled.ReachAsync(1));
        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal(["bad", "good"], runs.All);
        var parked = Assert.Single(await failed.TakeAsync());
        Assert.Equal(
            ("{", "undecodable", "Broker.Client.UndecodableMessageException", 1),
            (parked.Text, parked.Header("x-parked-reason"), parked.Header("x-parked-exception"), parked.Header("x-parked-attempts")));
        Assert.Contains("content type 'application/json'", (string)parked.Header("x-parked-exception-message")!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_policy_excepts_is_not_tried_again(bool throughBroker)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, dead) = (probe.NewName(), await broker.DeclareAsync(probe));
        await broker.DeclareQueueAsync(queue, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead }).InTime();
        probe.Owns($"{queue}.retry.1000");
        var policy = FailurePolicy.Retry(attempts: 2, TimeSpan.FromSeconds(1)).Except<ArgumentException>().ThenDeadLetter();
        var runs = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            if (delivery.GetText() == "final")
                throw new ArgumentOutOfRangeException(nameof(delivery));
            throw new InvalidOperationException("may pass");
        }, new() { FailurePolicy = throughBroker ? policy.ThroughBroker() : policy });
        await broker.SendAllAsync(queue, ["final", "open"]);

        await probe.WaitForCountAsync(dead, 2);
        await consumer.StopAsync().InTime();
        Assert.Equal(["final", "open", "open"], runs.All);
    }
}
