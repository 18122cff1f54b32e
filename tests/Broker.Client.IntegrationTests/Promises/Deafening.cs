using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One way to make a consumer deaf that it has to get over by itself.</summary>
/// <param name="Name">In words.</param>
/// <param name="ActAsync">Completes when it has bitten.</param>
/// <param name="Needs">What the broker must have for it.</param>
internal sealed record Deafening(string Name, Func<Listener, Task> ActAsync, params BrokerNeed[] Needs)
{
    private static readonly FrameMatch s_consumeOk = Frames.Method("basic.consume-ok").FromBroker().Number(1);

    public static IReadOnlyList<Deafening> All { get; } =
    [
        new("its queue is deleted", DeleteAsync),
        new("its channel is closed with 406", CloseChannelAsync),
        new("its consume is answered too late", AnswerTooLateAsync),
        new("its consume is never answered", NeverAnswerAsync),
        new("its pump faults", FaultAsync),
        new("its supervision faults", FaultWhileSupervisingAsync),
        new("the application's logs fail", FailToLogAsync),
        new("the broker forgets it without a word", ForgetAsync),
        new("its deliveries are lost on the way", LoseDeliveriesAsync),
        new("all connections are closed", listener => listener.InterruptAsync(listener.Broker.CloseAllConnectionsAsync)),
        new("the policy of its queue changes", ChangePolicyAsync, BrokerNeed.Control),
    ];

    private static Task DeleteAsync(Listener listener) => listener.InterruptAsync(() => listener.Probe.DeleteAsync(listener.Queue));

    // An ack of a tag that is settled already.
    private static Task CloseChannelAsync(Listener listener) => listener.InterruptAsync(async () =>
    {
        var twice = listener.Proxy.On(Frames.Method("basic.ack").FromClient().Number(1)).Duplicate();
        await listener.SpeakAsync();
        await twice.WaitForBiteAsync();
    });

    private static async Task AnswerTooLateAsync(Listener listener)
    {
        var late = listener.Proxy.On(s_consumeOk).Hold();
        var again = listener.Proxy.On(Frames.Method("basic.consume").FromClient().Number(2)).Delay(TimeSpan.Zero);
        await CloseChannelAsync(listener);
        listener.NoteDeaf();
        await again.WaitForBiteAsync();
        late.Lift();
        again.Lift();
    }

    private static async Task NeverAnswerAsync(Listener listener)
    {
        var never = listener.Proxy.On(s_consumeOk).Drop();
        await CloseChannelAsync(listener);
        await never.WaitForBiteAsync();
    }

    private static Task FaultAsync(Listener listener) => listener.InterruptAsync(() =>
    {
        listener.Clock.FailsIn = "HandleBasicDeliver";
        return listener.SpeakAsync();
    });

    private static Task FaultWhileSupervisingAsync(Listener listener)
    {
        listener.Clock.FailsIn = "ConsumeUntilPausedAsync";
        return CloseChannelAsync(listener);
    }

    // In the middle of noticing that it was interrupted.
    private static Task FailToLogAsync(Listener listener)
    {
        listener.Logs.FailsAt = 4001;
        return CloseChannelAsync(listener);
    }

    // The queue is there again, and has messages, and a consumer that believes to be one.
    private static async Task ForgetAsync(Listener listener)
    {
        var unheard = listener.Proxy.On(Frames.Method("basic.cancel").FromBroker()).Drop();
        await listener.Probe.DeleteAsync(listener.Queue);
        await unheard.WaitForBiteAsync();
        unheard.Lift();
        await listener.Probe.DeclareAsync(listener.Queue, QueueKind.Quorum);
        await listener.SpeakAsync();
        await LookAsync(listener);
    }

    private static async Task LoseDeliveriesAsync(Listener listener)
    {
        var lost = listener.Proxy.On(Frames.Method("basic.deliver").FromBroker()).Drop();
        for (var each = 0; each <= Listener.Prefetch; each++)
            await listener.SpeakAsync();
        await lost.WaitForBiteAsync(Listener.Prefetch);
        lost.Lift();
        await LookAsync(listener);
    }

    private static async Task ChangePolicyAsync(Listener listener)
    {
        var limit = $"{{\"max-length\":{10_000 + (TimeProvider.System.GetTimestamp() % 1000)}}}";
        await listener.Broker.ControlAsync("set_policy", "changes", $"^{listener.Queue}$", limit, "--apply-to", "queues");
        Assert.Contains("changes", await listener.Broker.ControlAsync("list_queues", "name", "policy"), StringComparison.Ordinal);
    }

    // Until the watchdog has seen enough.
    private static Task LookAsync(Listener listener) => listener.InterruptAsync(async () =>
    {
        var before = listener.Consumer.Status.Restarts;
        while (listener.Consumer.Status.Restarts == before)
            await listener.Clock.PassAsync();
    });
}
