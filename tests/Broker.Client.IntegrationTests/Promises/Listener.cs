using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// One consumer to be made deaf, behind a proxy, with a clock on which no watchdog wakes by itself: what does not start it again at once is
/// not made good by what would a little later.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    public const int Prefetch = 2;

    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(30); // between two looks of the watchdog
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Signal> _heard = new();
    private int _spoken;
    private long _deafSince;

    private Listener(BrokerUnderTest broker, BrokerProbe probe, FaultProxy proxy) =>
        (Broker, Probe, Proxy, Queue) = (broker, probe, proxy, probe.NewName());

    public BrokerUnderTest Broker { get; }

    public BrokerProbe Probe { get; }

    public FaultProxy Proxy { get; }

    public string Queue { get; }

    public FaultyTime Clock { get; } = new(s_watch);

    public FaultyLogs Logs { get; } = new();

    public BrokerClient Client { get; private set; } = null!; // set by the one that makes it

    public Consumer Consumer { get; private set; } = null!; // likewise

    /// <summary>Keeps the handlers of messages that come for the first time.</summary>
    public Signal? Hold { get; set; }

    /// <param name="broker">Where.</param>
    /// <param name="ours">Whether the client declares the queue, and so may do so again.</param>
    public static async Task<Listener> StartAsync(BrokerUnderTest broker, bool ours = true)
    {
        var listener = new Listener(broker, await broker.ProbeAsync(), await FaultProxy.StartAsync(broker.Uri));
        listener.Client = await listener.Proxy.ConnectAsync(options =>
        {
            (options.TimeProvider, options.LoggerFactory) = (listener.Clock, listener.Logs);
            options.OperationTimeout = TimeSpan.FromSeconds(1.5); // what is not answered has to be noticed within the five that a consumer has
            options.MaxReconnectDelay = TimeSpan.FromSeconds(1); // faults follow each other faster here than back-off forgets them
        });
        if (ours)
            await listener.Client.DeclareQueueAsync(listener.Queue).InTime();
        else
            await listener.Probe.DeclareAsync(listener.Queue);
        listener.Consumer = await listener.Client.ConsumeAsync(
            listener.Queue, listener.HearAsync,
            new() { Prefetch = Prefetch, Concurrency = Prefetch, HandlerTimeout = Timeout.InfiniteTimeSpan, DrainTimeout = TimeSpan.FromSeconds(5) }).InTime();
        return listener;
    }

    /// <summary>Sends a message past the client.</summary>
    public async Task SpeakAsync()
    {
        var text = $"{Interlocked.Increment(ref _spoken)}";
        SignalOf(text);
        await Probe.PublishAsync(Queue, text);
    }

    /// <summary>
    /// How long it takes until the consumer has handled all that came and one message more, as soon as there is a queue for it and the consumer
    /// says that it consumes; null where it does not.
    /// </summary>
    public async Task<TimeSpan?> TimeToHearAsync()
    {
        var began = Interlocked.Exchange(ref _deafSince, 0) is var since and not 0 ? since : TimeProvider.System.GetTimestamp();
        try
        {
            await Eventually.IsTrueAsync("a queue", () => Probe.ExistsAsync(Queue), s_patience);
            await Eventually.IsTrueAsync("the state", () => Consumer.Status.State == ConsumerState.Consuming, s_patience);
            await SpeakAsync();
            await Task.WhenAll(_heard.Values.Select(heard => heard.Task)).WaitAsync(s_patience, TimeProvider.System);
            return TimeProvider.System.GetElapsedTime(began);
        }
        catch (Exception never) when (never is TimeoutException or Xunit.Sdk.XunitException)
        {
            return null;
        }
    }

    /// <summary>How many consumers the broker counts once it is one, or has not become one in this time.</summary>
    public async Task<uint> ConsumersAsync(TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var count = await Probe.ConsumersAsync(Queue);
            if (count == 1 || TimeProvider.System.GetElapsedTime(began) > limit)
                return count;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>From here on it is deaf; else from the moment when somebody asks how long it takes to hear.</summary>
    public void NoteDeaf() => _deafSince = TimeProvider.System.GetTimestamp();

    /// <summary>Does something and completes when the consumer has been interrupted by it.</summary>
    public async Task InterruptAsync(Func<Task> how)
    {
        var before = Consumer.Status.Restarts;
        await how();
        await Eventually.IsTrueAsync("the interruption", () => Consumer.Status.Restarts > before);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Proxy.DisposeAsync();
        await Probe.DisposeAsync();
    }

    private async Task HearAsync(Delivery delivery)
    {
        if (Hold is { } hold && !delivery.Redelivered)
            await hold.Task;
        SignalOf(delivery.GetText()).Set();
    }

    private Signal SignalOf(string text) => _heard.GetOrAdd(text, static _ => new Signal());
}
