using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests;

public sealed class DeliveryTests
{
    private static readonly Func<Delivery, ValueTask<bool>>[] s_verbs =
    [
        delivery => delivery.AckAsync(), delivery => delivery.RetryAsync(), delivery => delivery.ReleaseAsync(), delivery => delivery.DeadLetterAsync(),
    ];

    public static TheoryData<Func<Delivery, ValueTask<bool>>> Verbs => new(s_verbs);

    private readonly NotedVerdicts _settlement = new();

    [Fact]
    public async Task Every_verb_gives_its_own_verdict()
    {
        foreach (var verb in s_verbs)
            Assert.True(await verb(Deliveries.New(settle: _settlement)));

        Assert.Equal([Verdict.Ack, Verdict.Retry, Verdict.Release, Verdict.DeadLetter], _settlement.Verdicts);
    }

    [Theory]
    [MemberData(nameof(Verbs), DisableDiscoveryEnumeration = true)]
    public async Task A_verdict_on_a_channel_that_is_gone_returns_false(Func<Delivery, ValueTask<bool>> verb)
    {
        _settlement.IsLive = false;

        Assert.False(await verb(Deliveries.New(settle: _settlement)));
    }

    [Theory]
    [MemberData(nameof(Verbs), DisableDiscoveryEnumeration = true)]
    public async Task A_second_verdict_is_refused_and_never_reaches_the_channel(Func<Delivery, ValueTask<bool>> verb)
    {
        var delivery = Deliveries.New(settle: _settlement, tag: 7);
        await delivery.AckAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await verb(delivery));

        Assert.StartsWith("Delivery 7 of queue 'orders' already has its verdict.", error.Message, StringComparison.Ordinal);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task The_librarys_own_verdict_gives_way_to_one_that_was_given()
    {
        var delivery = Deliveries.New(settle: _settlement);
        Assert.False(delivery.IsSettled);
        await delivery.RetryAsync();

        Assert.False(await delivery.TrySettleAsync(Verdict.Ack));

        Assert.True(delivery.IsSettled);
        Assert.Equal([Verdict.Retry], _settlement.Verdicts);
    }

    [Fact]
    public async Task Of_verdicts_from_many_threads_one_is_taken()
    {
        var deliveries = Enumerable.Range(0, 100_000).Select(_ => Deliveries.New(settle: _settlement)).ToArray();
        var arrived = 0;

        var taken = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var mine = 0;
            for (var index = 0; index < deliveries.Length; index++)
            {
                // Both are at the same delivery before either goes on.
                Interlocked.Increment(ref arrived);
                var spin = default(SpinWait);
                while (Volatile.Read(ref arrived) < 2 * (index + 1))
                    spin.SpinOnce(sleep1Threshold: -1);
                if (await deliveries[index].TrySettleAsync(Verdict.Ack))
                    mine++;
            }

            return mine;
        })));

        Assert.Equal(deliveries.Length, taken.Sum());
        Assert.Equal(deliveries.Length, _settlement.Verdicts.Count);
    }

    [Fact]
    public void The_body_is_read_as_text_and_as_JSON()
    {
        var delivery = Deliveries.New(body: """{"orderId":7}"""u8.ToArray());

        Assert.Equal("""{"orderId":7}""", delivery.GetText());
        Assert.Equal(new Order(7), delivery.GetJson<Order>());
    }

    [Fact]
    public void A_body_that_is_something_else_is_told_by_queue_id_and_content_type()
    {
        var delivery = Deliveries.New(new BasicProperties { MessageId = "m", ContentType = "text/html" }, body: [0x61, 0xff]);

        UndecodableMessageException[] errors =
        [
            Assert.Throws<UndecodableMessageException>(() => delivery.GetText()),
            Assert.Throws<UndecodableMessageException>(() => delivery.GetJson<Order>()),
            Assert.Throws<UndecodableMessageException>(() => delivery.GetJson<Order>(JsonSerializerOptions.Default)),
            Assert.Throws<UndecodableMessageException>(() => delivery.GetJson((JsonTypeInfo<Order>)JsonSerializerOptions.Web.GetTypeInfo(typeof(Order)))),
        ];

        Assert.All(errors, error =>
        {
            Assert.Equal(("orders", "m", "text/html", false), (error.Queue, error.MessageId, error.ContentType, error.IsTransient));
            Assert.StartsWith("Message m of queue 'orders', with content type 'text/html', is not ", error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.InnerException);
        });
        Assert.Contains("without an id of queue 'orders', with content type not set,", Assert.Throws<UndecodableMessageException>(
            () => Deliveries.New(body: "{"u8.ToArray()).GetJson<Order>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_of_ones_own_tells_in_the_same_words()
    {
        var delivery = Deliveries.New(new BasicProperties { MessageId = "7", ContentType = "application/x-own" });

        var error = new UndecodableMessageException(delivery, "an order", new FormatException("It is not."));

        Assert.Equal("Message 7 of queue 'orders', with content type 'application/x-own', is not an order: It is not.", error.Message);
        Assert.Equal(("orders", "7", "application/x-own"), (error.Queue, error.MessageId, error.ContentType));
        Assert.Throws<ArgumentNullException>(() => new UndecodableMessageException(null!, "an order", new FormatException()));
        Assert.Throws<ArgumentNullException>(() => new UndecodableMessageException(delivery, "an order", null!));
    }

    private sealed record Order(int OrderId);
}
