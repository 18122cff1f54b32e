using System.Text;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>S7: names and keys above 255 bytes of UTF-8 are refused before the wire, by name, and cost nobody anything.</summary>
[Trait("Promise", "S7")]
public sealed class LongNameTests(BrokerFixture brokers)
{
    private const int Cases = 100;
    private static readonly string[] s_characters = ["n", "é", "€", "😀"]; // 1, 2, 3 and 4 bytes

    [Fact]
    public async Task Names_that_are_too_long_are_refused_wherever_they_are_given_and_nothing_is_written()
    {
        var random = Promise.Random(salt: 7);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "before").InTime();
        var states = new StateRecorder(broker);
        // Delays of nothing only count. A frame is counted by the first that fits it: heartbeats are none of these calls'.
        proxy.On(Frames.Heartbeat).Delay(TimeSpan.Zero);
        var written = proxy.On(Frames.Any.FromClient()).Delay(TimeSpan.Zero);

        var failures = new List<string>();
        for (var each = 0; each < Cases; each++)
        {
            var (named, call, use) = NamePlaces.All[each % NamePlaces.All.Length];
            var text = TooLong(random);
            var error = await Record.ExceptionAsync(() => use(broker, text).InTime());
            var expected = $"{named} is {Encoding.UTF8.GetByteCount(text)} bytes long in UTF-8; AMQP 0-9-1 allows 255.";
            if (error is not ArgumentException || !error.Message.StartsWith(expected, StringComparison.Ordinal))
                failures.Add($"{call}, {named}: {error}");
        }

        Assert.Empty(failures);
        Assert.Empty(written.Bites);
        await broker.SendAsync(queue, "after").InTime();
        Assert.NotEmpty(written.Bites);
        Assert.Equal(2, proxy.Accepted);
        Assert.DoesNotContain(BrokerConnectionState.Connecting, states.States);
        Assert.Equal(["before", "after"], (await probe.DrainAsync(queue)).Select(message => message.Text));
        Promise.Report(new { Promise = "S7", Promise.Seed, Cases, Places = NamePlaces.All.Length });
    }

    [Theory]
    [InlineData("n", 255)]
    [InlineData("€", 85)]
    public async Task Names_of_exactly_255_bytes_pass_everywhere(string character, int times)
    {
        var name = string.Concat(Enumerable.Repeat(character, times));
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        await broker.DeclareExchangeAsync(name, ExchangeKind.Topic).InTime();
        await broker.DeclareQueueAsync(name, new() { Type = QueueType.Classic, DeadLetterExchange = name, DeadLetterRoutingKey = name }).InTime();
        await broker.BindQueueAsync(name, name, name).InTime();

        var sent = new Message
        {
            ContentType = name, ContentEncoding = name, CorrelationId = name, ReplyTo = name, MessageId = name, Type = name, AppId = name,
            Headers = { [name] = name },
        };
        await broker.PublishAsync(name, name, sent, new() { Mandatory = true }).InTime();
        await broker.SendAsync(name, sent).InTime();

        var arrived = await probe.DrainAsync(name);
        await broker.DeleteExchangeAsync(name).InTime();
        await broker.DeleteQueueAsync(name).InTime();
        Assert.Equal([(name, name), ("", name)], arrived.Select(message => (message.Exchange, message.RoutingKey)));
        Assert.All(arrived, message => Assert.Equal(
            [name, name, name, name, name, name, name, name],
            [
                message.Properties.ContentType, message.Properties.ContentEncoding, message.Properties.CorrelationId, message.Properties.ReplyTo,
                message.Properties.MessageId, message.Properties.Type, message.Properties.AppId, message.Header(name) as string,
            ]));
    }

    private static string TooLong(Random random)
    {
        var text = new StringBuilder();
        while (Encoding.UTF8.GetByteCount(text.ToString()) <= 255)
            text.Append(s_characters[random.Next(s_characters.Length)]);
        return text.Append('n', random.Next(3) * 100).ToString();
    }
}
