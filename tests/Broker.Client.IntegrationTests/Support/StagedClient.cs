using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>What a client may be about when it is disposed.</summary>
public enum ClientStage
{
    Idle,
    Connecting,
    Connected,
    Blocked,
    Recovering,
    Draining,
    Faulted,
}

/// <summary>A client at one stage of its life, on a relay of its own.</summary>
internal sealed class StagedClient : IAsyncDisposable
{
    private static readonly ConsumerOptions s_consuming = new() { DrainTimeout = TimeSpan.FromSeconds(0.5) };

    private readonly TcpRelay _relay;

    private StagedClient(TcpRelay relay, BrokerClient client) => (_relay, Client) = (relay, client);

    public BrokerClient Client { get; }

    public Consumer? Consumer { get; private set; }

    /// <param name="stage">Where it is to be; for <see cref="ClientStage.Blocked"/> the broker must have an alarm.</param>
    /// <param name="broker">Which broker.</param>
    /// <param name="probe">Owns its queue.</param>
    /// <param name="silent">An attempt to connect that is under way, where there is one, instead of one that is waited for.</param>
    public static async Task<StagedClient> AtAsync(ClientStage stage, BrokerUnderTest broker, BrokerProbe probe, bool silent = false)
    {
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var relay = new TcpRelay(broker.Uri);
        var client = relay.Idle(options =>
        {
            if (stage is ClientStage.Blocked)
                options.Publisher.Deadline = TimeSpan.FromSeconds(1);
            if (stage is ClientStage.Faulted)
                options.VirtualHost = "no-such-host";
        });
        var staged = new StagedClient(relay, client);
        var states = new StateRecorder(client);
        switch (stage)
        {
            case ClientStage.Idle:
                break;
            case ClientStage.Connecting:
                staged.CutOff(silent);
                LetEnd(client.FindQueueAsync(queue).AsTask());
                await (silent ? Eventually.IsTrueAsync("an attempt", () => relay.Open == 1) : states.WaitForAsync(BrokerConnectionState.Connecting));
                break;
            case ClientStage.Faulted:
                LetEnd(client.FindQueueAsync(queue).AsTask());
                await states.WaitForAsync(BrokerConnectionState.Faulted);
                break;
            default:
                await staged.WorkAsync(queue, stage);
                if (stage is ClientStage.Blocked)
                    await states.WaitForAsync(BrokerConnectionState.Blocked);
                if (stage is ClientStage.Draining)
                    LetEnd(staged.Consumer!.StopAsync());
                if (stage is not ClientStage.Recovering)
                    break;
                staged.CutOff(silent);
                relay.CutAll();
                await states.WaitForAsync(BrokerConnectionState.Connecting);
                break;
        }

        return staged;
    }

    /// <summary>Until none of its connections is left.</summary>
    public Task GoneAsync()
    {
        _relay.Resume(); // what is held up there has not been told
        return Eventually.IsTrueAsync("no connection", () => _relay.Open == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _relay.DisposeAsync();
    }

    /// <summary>A consumer whose handler stays until it is told to end, and a publish.</summary>
    private async Task WorkAsync(string queue, ClientStage stage)
    {
        var inHand = new Signal();
        Consumer = await Client.ConsumeAsync(queue, (_, token) =>
        {
            inHand.Set();
            return Patience.ForeverAsync(token);
        }, s_consuming).InTime();
        LetEnd(Client.TrySendAsync(queue, "in hand").AsTask());
        if (stage is not ClientStage.Blocked)
            await inHand.Task.InTime();
    }

    private void CutOff(bool silent)
    {
        if (silent)
            _relay.Stall();
        else
            _relay.Refuse();
    }

    // The dispose ends it.
    private static void LetEnd(Task task) => _ = task.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
}
