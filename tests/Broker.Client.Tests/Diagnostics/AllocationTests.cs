using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Diagnostics;

/// <summary>What nobody listens to costs nothing: not one byte, for a publish from call to outcome and for a delivery from lane to verdict.</summary>
[Collection(Listening.Name)]
public sealed class AllocationTests
{
    private const int Times = 1000;

    private static readonly Publication s_publication = new("", "orders", new Message { MessageId = "id" });
    private static readonly ServerName s_server = new("broker", 5672);

    [Fact]
    public void A_publish() => Assert.Equal(0, Allocated(new PublishPool(capacity: 1), static pool =>
    {
        var publish = pool.Rent().Prepare(s_publication, throws: true, calledAt: 0, deadlineAt: long.MaxValue);
        publish.Operation = Listening.Unheard.Sending(OperationKind.Publish, s_publication, publish.MessageId);
        var result = publish.Start(default);
        publish.Operation?.Written(s_server);
        publish.Confirm();
        publish.Forget();
        Assert.True(result.GetAwaiter().GetResult().IsConfirmed);
    }));

    [Fact]
    public void A_delivery() => Assert.Equal(0, Allocated(Deliveries.New(), static delivery =>
    {
        Listening.Unheard.Consumed(delivery.Queue, 1, s_server);
        Listening.Unheard.Processing(delivery, s_server)?.Enter();
        Listening.Unheard.Settled(delivery, Verdict.Ack, Listening.Unheard.Begin(OperationKind.Settling(Verdict.Ack)), s_server);
        Listening.Unheard.Received(OperationKind.Receive, delivery.Queue, Listening.Unheard.Begin(OperationKind.Receive), delivery, s_server);
        Listening.Unheard.Count(Metrics.Retries, 1, delivery.Queue);
        Tracing.LeaveCallersSpan();
        using (Tracing.Within(null))
            Tracing.FailCurrent(UndecodableError);
    }));

    [Fact]
    public void And_with_a_listener_the_same_test_finds_that_something_is_made()
    {
        using var spans = new SpanRecorder();

        Assert.NotEqual(0, Allocated(Deliveries.New(), static delivery => Listening.Unheard.Processing(delivery, s_server)?.End()));
    }

    private static InvalidOperationException UndecodableError { get; } = new();

    private static long Allocated<T>(T with, Action<T> once)
    {
        for (var warm = 0; warm < Times; warm++)
            once(with);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var time = 0; time < Times; time++)
            once(with);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
