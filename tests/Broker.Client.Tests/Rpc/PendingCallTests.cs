using System.Text;
using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Rpc;

public sealed class PendingCallTests
{
    [Fact]
    public async Task A_call_ends_once_whoever_comes_first()
    {
        var call = Call();

        Assert.True(call.Answer(Reply("first")));
        call.TimeOut();
        call.Lose("cut.", error: null);
        call.EndWithClient();

        Assert.False(call.Answer(Reply("second")));
        Assert.Equal("first", (await call.Task.SoonAsync()).GetText());
    }

    [Fact]
    public async Task Each_end_is_a_reason_with_its_facts()
    {
        var lost = new BrokerConnectionException(ConnectionFailure.Lost, "The connection was lost.");
        var refused = new BrokerConnectionException(ConnectionFailure.AccessRefused, "no");

        await ExpectAsync(call => call.TimeOut(), CallFailure.TimedOut, true, 0, "had no reply within 1.5 s. The request was sent, and may still be handled.");
        await ExpectAsync(call => call.Return(312, "NO_ROUTE"), CallFailure.Unroutable, false, 312, "was returned (312 NO_ROUTE): no queue takes it.");
        await ExpectAsync(call => call.Reject(404, "no exchange"), CallFailure.Rejected, false, 404, "was rejected: no exchange");
        await ExpectAsync(call => call.Lose(lost.Message, lost), CallFailure.ConnectionLost, true, 0, "The request may or may not have been handled");
        await ExpectAsync(call => call.GiveUp("no", refused), CallFailure.NotSent, false, 0, "was not sent: no");
        await ExpectAsync(call => call.NotSentInTime("there was no connection.", lost), CallFailure.NotSent, true, 0, "was not sent: within its timeout of 1.5 s there was no connection.");
    }

    [Fact]
    public async Task The_end_of_the_client_is_that_of_its_calls()
    {
        var call = Call();

        call.EndWithClient();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.Task.SoonAsync());
    }

    [Fact]
    public async Task A_reply_with_the_header_is_an_error_and_the_type_is_text_alone()
    {
        var call = Call();
        var reply = Reply("", ("x-rpc-error", Bytes("no such account")), ("x-rpc-error-type", Bytes("System.Diagnostics.Process")));

        call.Answer(reply);

        var error = await Assert.ThrowsAsync<CallException>(() => call.Task.SoonAsync());
        Assert.Equal(
            (CallFailure.RemoteError, "no such account", "System.Diagnostics.Process", "The call to exchange 'x' with key 'key' failed at the other side: no such account (System.Diagnostics.Process)"),
            (error.Reason, error.RemoteErrorMessage, error.RemoteErrorType, error.Message));
        Assert.Same(reply, error.Reply);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(7, "7")]
    public async Task An_error_header_that_is_no_text_is_an_error_all_the_same(object? value, string text)
    {
        var call = Call();

        call.Answer(Reply("", ("x-rpc-error", value)));

        var error = await Assert.ThrowsAsync<CallException>(() => call.Task.SoonAsync());
        Assert.Equal((text, null), (error.RemoteErrorMessage, error.RemoteErrorType));
    }

    [Fact]
    public async Task What_a_handler_threw_is_told_without_its_stack_and_in_a_thousand_characters()
    {
        Exception thrown;
        try
        {
            throw new InvalidOperationException(new string('m', 5000));
        }
        catch (InvalidOperationException error)
        {
            thrown = error;
        }

        var message = RemoteError.ToMessage(thrown);

        await Task.CompletedTask;
        Assert.True(message.Body.IsEmpty);
        Assert.Equal(["x-rpc-error", "x-rpc-error-type"], message.Headers.Keys.Order());
        Assert.Equal((new string('m', 1024), "System.InvalidOperationException"), (message.Headers["x-rpc-error"], message.Headers["x-rpc-error-type"]));
    }

    [Theory]
    [InlineData("NOT_FOUND - no exchange 'x' in vhost '/'", true)]
    [InlineData("ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'u'", true)]
    [InlineData("NOT_FOUND - no exchange 'xx' in vhost '/'", false)]
    [InlineData("PRECONDITION_FAILED - user_id property set to 'me' but authenticated user was 'guest'", true)]
    [InlineData("PRECONDITION_FAILED - user_id property set to 'other' but authenticated user was 'guest'", false)]
    [InlineData("PRECONDITION_FAILED - message size 3 is larger than configured max size 2", true)]
    [InlineData("PRECONDITION_FAILED - message size 30 is larger than configured max size 2", false)]
    public void The_broker_means_a_call_where_its_words_fit_it(string text, bool fits)
    {
        var call = new PendingCall("x", "key", new Message(new byte[3]) { UserId = "me" }, TimeSpan.FromSeconds(1), 0);

        Assert.Equal(fits, call.Fits(text));
    }

    private static async Task ExpectAsync(Action<PendingCall> end, CallFailure reason, bool isTransient, ushort code, string text)
    {
        var call = Call();
        end(call);
        var error = await Assert.ThrowsAsync<CallException>(() => call.Task.SoonAsync());
        Assert.Equal((reason, isTransient, code, "x", "key"), (error.Reason, error.IsTransient, error.ReplyCode, error.Exchange, error.RoutingKey));
        Assert.StartsWith("The call to exchange 'x' with key 'key' ", error.Message, StringComparison.Ordinal);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    private static PendingCall Call() => new("x", "key", new Message(), TimeSpan.FromSeconds(1.5), deadlineAt: 0);

    private static AmqpReply Reply(string text, params (string Name, object? Value)[] headers) => new(
        new BasicProperties { Headers = headers.Length == 0 ? null : headers.ToDictionary(header => header.Name, header => header.Value) },
        Bytes(text));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
