using Broker.Client;
using Broker.Client.LedgerConsumer;

// A consumer in a process of its own, to be killed:
//
//   Broker.Client.LedgerConsumer --uri URI --ledger FILE --queue NAME [--queue NAME]...
//     [--prefetch N] [--concurrency N] [--ack AfterHandler|BeforeHandler] [--heartbeat SECONDS] [--slow MS] [--slow-every N]
//     [--poison PREFIX]
//   Broker.Client.LedgerConsumer --uri URI --ledger FILE --queue STREAM --subscriber NAME [--from OFFSET] [--positions FOLDER]
//     [--prefetch N] [--slow MS] [--slow-every N]
//
// Each handler puts down when it begins and when it ends, and goes on only when that is on the disk. What is on the disk is
// printed too. "consuming" says that the broker has accepted every consumer. It stops in good order when its input ends, and
// kills itself in the handler of a message whose id begins with the prefix.
var work = Work.Parse(args);
var options = BrokerOptions.Parse(work.Uri);
options.Heartbeat = work.Heartbeat;
options.ConnectDeadline = TimeSpan.FromSeconds(60);
options.MaxReconnectDelay = TimeSpan.FromSeconds(0.2);

using var stop = new CancellationTokenSource();
_ = Task.Run(() =>
{
    Console.In.ReadToEnd();
    stop.Cancel();
});

await using var client = await BrokerClient.ConnectAsync(options, stop.Token);
if (work.Subscriber is { } subscriber)
{
    using var events = new StreamLedger(work.Ledger, work.Positions is { } folder ? new FileOffsetStore(folder) : new BrokerOffsetStore(client));
    var how = new StreamSubscriptionOptions
    {
        From = StreamOffset.StoredOr(work.From), Store = events, StoreEvery = 200, StoreInterval = TimeSpan.FromSeconds(0.2), Prefetch = work.Options.Prefetch ?? 256,
    };
    StreamSubscription? subscribed = null;
    while (subscribed is null)
    {
        try
        {
            subscribed = await client.SubscribeAsync(work.Queues[0], subscriber, HandleAsync, how, stop.Token);
        }
        catch (BrokerException error) when (error.IsTransient)
        {
            // A broker that has just started has its streams a little later.
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System, stop.Token);
        }
    }

    await using var subscription = subscribed;
    Console.WriteLine("consuming");
    await subscription.RunAsync(stop.Token);
    return;

    async Task HandleAsync(Delivery delivery)
    {
        if (work.Slow > TimeSpan.Zero && delivery.StreamOffset % work.SlowEvery == 0)
            await Task.Delay(work.Slow, TimeProvider.System);
        events.Handled(delivery);
    }
}

await using var ledger = new Ledger(work.Ledger);
var consumers = new List<Consumer>();
var consuming = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
foreach (var queue in work.Queues)
    consumers.Add(await new LedgerHandler(work, ledger, consuming.Task).ConsumeAsync(client, queue, stop.Token));
Console.WriteLine("consuming");
consuming.SetResult();

var running = consumers.Select(consumer => consumer.RunAsync(stop.Token)).ToList();
await await Task.WhenAny(running); // throws where one has failed
await Task.WhenAll(running);
