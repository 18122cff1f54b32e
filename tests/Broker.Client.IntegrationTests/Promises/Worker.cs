using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A process of those that share a queue: a client with one consumer, which can be stopped in every way and begun again.</summary>
/// <param name="broker">Where.</param>
/// <param name="queue">What it consumes.</param>
/// <param name="ledger">What it has handled.</param>
/// <param name="options">How it consumes.</param>
internal sealed class Worker(BrokerUnderTest broker, string queue, HandlingLedger ledger, ConsumerOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(20);

    private readonly CapturedLogs _logs = new();
    private BrokerClient? _client;
    private Consumer _consumer = null!; // set by the start
    private CancellationTokenSource _run = new();
    private Task _running = Task.CompletedTask;
    private Signal _stopInside = new();
    private int _isStoppedInside;
    private volatile bool _hasStopped;
    private int _handling;

    /// <summary>Keeps handlers until it has happened, or their token is cancelled.</summary>
    public Signal? Hold { get; set; }

    /// <summary>Handlers that were under way, or that began, after a stop had completed.</summary>
    public int Late { get; private set; }

    public int Handling => Volatile.Read(ref _handling);

    public async Task StartAsync()
    {
        (_stopInside, _isStoppedInside, _hasStopped) = (new Signal(), 0, false);
        _run = new CancellationTokenSource();
        _client ??= await BrokerClient.ConnectAsync(_logs.OptionsFor(broker.Uri)).InTime();
        _consumer = await _client.ConsumeAsync(queue, HandleAsync, options).InTime();
        _running = _consumer.RunAsync(_run.Token);
    }

    /// <summary>How long it takes until the consumer has stopped; asked for a second time meanwhile and afterwards.</summary>
    public async Task<TimeSpan> StopAsync(StopWay way)
    {
        var began = TimeProvider.System.GetTimestamp();
        await (way switch
        {
            StopWay.StopAsync => _consumer.StopAsync(),
            StopWay.TokenOfRunAsync => StopRunAsync(),
            StopWay.DisposeOfClient => _client!.DisposeAsync().AsTask(), // it was started
            _ => StopInsideAsync(),
        }).InTime(60);
        var took = TimeProvider.System.GetElapsedTime(began);
        _hasStopped = true;
        Late += Handling;
        Assert.True(_consumer.Completion.IsCompletedSuccessfully, $"{way}: {_consumer.Completion.Status}");
        await Task.WhenAll(_consumer.StopAsync(), _consumer.DisposeAsync().AsTask(), _running).InTime(1);
        if (way == StopWay.DisposeOfClient)
            _client = null;
        return took;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        _run.Dispose();
    }

    private async Task StopRunAsync()
    {
        await _run.CancelAsync();
        await _running;
    }

    // The next handler does it, or one that is held.
    private async Task StopInsideAsync()
    {
        _stopInside.Set();
        await _consumer.Completion;
    }

    private async Task HandleAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _handling);
        if (_hasStopped)
            Late++;
        try
        {
            var serial = ledger.Begin(delivery);
            if (Hold is { } hold)
            {
                await Task.WhenAny(hold.Task, _stopInside.Task).WaitAsync(cancellationToken);
                await StopIfAskedAsync();
                await hold.Task.WaitAsync(cancellationToken);
            }

            await Task.Delay(s_work, TimeProvider.System, cancellationToken);
            await StopIfAskedAsync();
            ledger.End(serial);
        }
        finally
        {
            Interlocked.Decrement(ref _handling);
        }
    }

    private async Task StopIfAskedAsync()
    {
        if (_stopInside.Task.IsCompleted && Interlocked.Exchange(ref _isStoppedInside, 1) == 0)
            await _consumer.StopAsync(CancellationToken.None);
    }
}
