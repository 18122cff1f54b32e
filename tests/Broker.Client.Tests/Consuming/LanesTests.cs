using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

/// <summary>What becomes of messages in the lanes when their channel goes, and when they come again.</summary>
public sealed class LanesTests : IDisposable
{
    private readonly WatchedTime _time = new();
    private readonly NotedVerdicts _settlement = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConsumerGeneration _first = Deliveries.Generation(), _second = Deliveries.Generation();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _began = new(0);
    private int _running;
    private int _most;

    public static TheoryData<bool> Kinds => [false, true];

    public void Dispose()
    {
        _stopping.Dispose();
        _began.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Lanes_that_are_held_up_keep_nothing_of_a_channel_that_is_gone(bool inBatches)
    {
        using var lanes = NewLanes(inBatches, concurrency: 1);
        lanes.Deliver(_first, Of("held up"));
        await _began.WaitAsync().SoonAsync();
        lanes.Deliver(_first, Of("of the first"));
        lanes.Deliver(_second, Of("of the second"));

        lanes.OnGone(_first);

        Assert.Equal("of the second", Assert.Single(lanes.TakeBack()).GetText());
        _release.SetResult();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_message_that_comes_again_is_not_in_two_lanes_at_once_and_can_be_taken_back_meanwhile(bool inBatches)
    {
        using var lanes = NewLanes(inBatches, concurrency: 3);
        lanes.Deliver(_first, Of("long"));
        await _began.WaitAsync().SoonAsync();

        lanes.Deliver(_second, Of("long", redelivered: true));
        lanes.Deliver(_second, Of("other"));
        await _began.WaitAsync().SoonAsync(); // the other, which came later

        Assert.Equal("long", Assert.Single(lanes.TakeBack()).GetText());
        lanes.Deliver(_second, Of("long", redelivered: true));
        _release.SetResult();
        await _began.WaitAsync().SoonAsync();
        await lanes.DrainAsync().SoonAsync();
        Assert.Equal(1, _most);
    }


    private AmqpDelivery Of(string text, bool redelivered = false) => Deliveries.New(
        new BasicProperties { MessageId = text }, _settlement, redelivered, body: System.Text.Encoding.UTF8.GetBytes(text));

    private ILanes NewLanes(bool inBatches, int concurrency)
    {
        var broker = NoBroker.Options(_time).Freeze();
        var topology = new BrokerTopology(broker, NullLogger.Instance);
        var sent = new SentMessages();
        var context = new ConsumingContext(
            broker, NoBroker.Supervisor(broker), topology, new Parking(sent, topology, _time), new RetryQueues(sent, topology, _time), new ConsumerTags(), new QueueLooks(topology, _time),
            static () => new Drawing(1), NullLogger.Instance);
        var options = new ConsumerOptions { Concurrency = concurrency }.Freeze();
        return inBatches
            ? new BatchLanes(context, "orders", options, new BatchOptions((batch, _) => HandleAsync(batch[0]), 1, TimeSpan.FromMinutes(1)), static _ => { }, _stopping.Token)
            : new HandlerLanes(context, "orders", options, (delivery, _) => HandleAsync(delivery), blocks: false, static _ => { }, _stopping.Token);
    }

    private async ValueTask HandleAsync(Delivery delivery)
    {
        var isLong = delivery.GetText() == "long";
        if (isLong)
            _most = Math.Max(_most, Interlocked.Increment(ref _running));
        _began.Release();
        await _release.Task;
        if (isLong)
            Interlocked.Decrement(ref _running);
    }
}
