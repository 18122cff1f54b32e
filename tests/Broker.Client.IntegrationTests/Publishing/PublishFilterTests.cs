using System.Text;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Publish filters in front of a broker: what goes out, and what does not pass them.</summary>
public sealed class PublishFilterTests(BrokerFixture brokers)
{
    [Fact]
    public async Task What_a_filter_makes_of_a_message_is_what_goes_out_and_the_callers_stays_as_it_is()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var filter = new Stamp();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.Filters.Add(filter));
        var queue = await broker.DeclareAsync(probe);
        var message = Message.FromText("x");

        var result = await broker.SendAsync(queue, message).InTime();
        await broker.SendManyAsync(queue, ["y", "z"]).InTime();
        await broker.PublishAsync("", queue, message).InTime();

        var came = await probe.DrainAsync(queue);
        Assert.Equal(["X", "Y", "Z", "X"], came.Select(each => each.Text));
        Assert.All(came, each => Assert.Equal("filter", each.Header("stamp")));
        Assert.Equal([PublishOutcome.Confirmed], filter.Outcomes.All.Distinct());
        Assert.Equal((result.MessageId, 0, "x"), (came[0].Properties.MessageId, message.Headers.Count, Encoding.UTF8.GetString(message.Body.Span)));
    }

    [Fact]
    public async Task Many_publishes_of_one_thread_keep_their_order_through_filters_that_wait_only_afterwards()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.Filters = [new Stamp(), new Stamp()]);
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAllAsync(queue, Clients.Numbers(2000));

        Assert.Equal(Clients.Numbers(2000), (await probe.DrainAsync(queue)).Select(each => each.Text));
    }

    [Fact]
    public async Task What_the_broker_says_reaches_filter_and_caller()
    {
        var filter = new Stamp();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.Filters.Add(filter));

        var error = await Assert.ThrowsAsync<PublishException>(() => broker.SendAsync("no-such-queue", "x").AsTask().InTime());

        Assert.Equal((PublishOutcome.Returned, (ushort)312), (error.Outcome, error.ReplyCode));
        Assert.Equal([PublishOutcome.Returned], filter.Outcomes.All);
    }

    [Fact]
    public async Task Parked_messages_delayed_retries_calls_and_replies_pass_no_filter()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.Filters.Add(new Refuse()));
        var queue = await broker.DeclareAsync(probe);
        var requests = (await broker.DeclareQueueAsync().InTime()).Name;
        var failed = probe.Failed(queue);
        await using var server = await broker.ServeAsync(requests, request => Message.FromText(request.GetText()));
        await using var consumer = await broker.ConsumeAsync(
            queue, _ => throw new InvalidOperationException("mine"),
            new() { FailurePolicy = FailurePolicy.Retry(attempts: 2, delay: TimeSpan.FromSeconds(1)).ThroughBroker() });

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => broker.TrySendAsync(queue, "refused").AsTask().InTime());
        await sender.SendAsync(queue, "x").InTime();
        var reply = await broker.CallAsync(requests, "called", TimeSpan.FromSeconds(10)).InTime();

        Assert.Equal("called", reply.GetText());
        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal(1, await broker.SendParkedHomeAsync(failed.Name).InTime());
        Assert.Equal("x", Assert.Single(await probe.DrainAsync(queue)).Text);
        await probe.DeleteAsync(failed.Name);
        await probe.DeleteAsync($"{queue}.retry.1000");
    }

    private sealed class Stamp : IPublishFilter
    {
        public Collected<PublishOutcome> Outcomes { get; } = new();

        public async ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken)
        {
            var text = Encoding.UTF8.GetString(publication.Message.Body.Span).ToUpperInvariant();
            var stamped = new Message(Encoding.UTF8.GetBytes(text)) { Headers = { ["stamp"] = "filter" } };
            var result = await next(publication with { Message = stamped }, cancellationToken);
            Outcomes.Add(result.Outcome);
            return result;
        }
    }

    private sealed class Refuse : IPublishFilter
    {
        public ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken) =>
            throw new UnauthorizedAccessException("mine");
    }
}
