using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Rpc;

public sealed class RpcServerTests
{
    private readonly SentMessages _sent = new();
    private readonly NotedVerdicts _settlement = new();

    [Fact]
    public async Task The_request_is_acknowledged_when_its_reply_is_confirmed_and_the_lane_does_not_wait_for_that()
    {
        var confirmed = new TaskCompletionSource<PublishResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var publisher = new SlowPublisher(confirmed.Task);
        var server = new RpcServer(publisher, (_, _) => new("reply"), NullLogger.Instance);

        await server.HandleAsync(Request("amq.rabbitmq.reply-to.abc"), default).AsTask().SoonAsync();
        var idle = server.IdleAsync();
        Assert.Empty(_settlement.Verdicts);
        Assert.False(idle.IsCompleted);
        confirmed.SetResult(new PublishResult(PublishOutcome.Confirmed, "m"));

        await idle.SoonAsync();
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_server_without_a_reply_under_way_is_idle_at_once()
    {
        var server = Server((_, _) => new("reply"));
        await server.HandleAsync(Request("amq.gen-1"), default);

        await server.IdleAsync().SoonAsync();
    }

    [Fact]
    public async Task The_reply_goes_to_the_address_with_the_correlation_id_and_the_handlers_message_stays_as_it_is()
    {
        var answer = new Message { CorrelationId = "of the handler" };
        var server = Server((_, _) => new(answer));

        await server.HandleAsync(Request("amq.gen-1", "a"), default);
        await server.HandleAsync(Request("amq.gen-2", "b"), default);
        await server.IdleAsync().SoonAsync();

        Assert.Equal([("amq.gen-1", "a"), ("amq.gen-2", "b")], _sent.Sent.Select(each => (each.Queue, each.Message.CorrelationId!)));
        Assert.Equal("of the handler", answer.CorrelationId);
    }

    [Theory]
    [InlineData("amq.rabbitmq.reply-to.g1h2", false)]
    [InlineData("amq.gen-1", true)]
    public async Task A_reply_to_a_queue_must_reach_it_and_one_to_a_direct_address_cannot_be_asked_to(string replyTo, bool mandatory)
    {
        var publisher = new SlowPublisher(Task.FromResult(new PublishResult(PublishOutcome.Confirmed, "m")));
        var server = new RpcServer(publisher, (_, _) => new("reply"), NullLogger.Instance);

        await server.HandleAsync(Request(replyTo), default);

        Assert.Equal(mandatory, publisher.Options!.Mandatory);
    }

    [Theory]
    [InlineData(PublishOutcome.Returned)]
    [InlineData(PublishOutcome.Unknown)]
    [InlineData(PublishOutcome.NotSent)]
    [InlineData(PublishOutcome.Rejected)]
    public async Task A_reply_that_nobody_gets_is_the_end_of_its_request(PublishOutcome outcome)
    {
        _sent.Answers.Enqueue(() => new PublishResult(outcome, "m"));
        var server = Server((_, _) => new("reply"));

        await server.HandleAsync(Request("amq.gen-1"), default);
        await server.IdleAsync().SoonAsync();

        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_handler_that_ends_by_its_own_token_tells_nobody_and_leaves_the_request_to_the_broker()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        var server = Server((_, token) => throw new OperationCanceledException(token));

        await Assert.ThrowsAsync<OperationCanceledException>(() => server.HandleAsync(Request("amq.gen-1"), source.Token).AsTask());

        Assert.Empty(_sent.Sent);
        Assert.Empty(_settlement.Verdicts);
    }

    [Fact]
    public async Task A_cancellation_of_the_handlers_own_is_an_error_like_any_other()
    {
        var server = Server((_, _) => throw new OperationCanceledException("gave up"));

        await server.HandleAsync(Request("amq.gen-1"), default);
        await server.IdleAsync().SoonAsync();

        Assert.Equal("gave up", Assert.Single(_sent.Sent).Message.Headers["x-rpc-error"]);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task Without_an_address_what_the_handler_throws_is_for_the_failure_policy()
    {
        var server = Server((_, _) => throw new InvalidOperationException("mine"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => server.HandleAsync(Request(replyTo: null), default).AsTask());

        Assert.Empty(_settlement.Verdicts);
    }

    private RpcServer Server(Func<Delivery, CancellationToken, ValueTask<Message>> handler) => new(_sent, handler, NullLogger.Instance);

    private AmqpDelivery Request(string? replyTo, string correlationId = "1") =>
        Deliveries.New(new BasicProperties { ReplyTo = replyTo, CorrelationId = correlationId }, _settlement);

    private sealed class SlowPublisher(Task<PublishResult> result) : NoPublisher
    {
        public PublishOptions? Options { get; private set; }

        public override ValueTask<PublishResult> TrySendAsync(string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default)
        {
            Options = options;
            return new(result);
        }
    }
}
