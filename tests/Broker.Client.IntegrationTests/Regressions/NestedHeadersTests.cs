using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// One message with headers nested 18,000 deep, which fit a frame, ended the process of every consumer that got it: the driver reads headers by
/// recursion, and had no stack left.
/// </summary>
public sealed class NestedHeadersTests(BrokerFixture brokers)
{
    private const int Depth = 18_000;

    [Fact]
    public async Task A_message_nested_without_end_is_put_aside_and_ends_nobody()
    {
        Assert.SkipWhen(brokers.Shared.Description.Contains("in this process", StringComparison.Ordinal), "TestBroker refuses what is nested deeper than 32 levels.");
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (failed, handled) = (probe.Failed(queue), new Collected<string>());
        await using var relay = new TcpRelay(brokers.Shared.Uri, static (_, flow, bytes) =>
        {
            if (flow == Flow.ToBroker)
                Turn(MemoryMarshal.AsMemory(bytes).Span);
        });
        await using (var raw = await RawChannel.OpenAsync(relay.Uri))
        {
            await raw.Channel.BasicPublishAsync(
                "", queue, mandatory: true, new BasicProperties { Headers = new Dictionary<string, object?> { ["deep"] = new BinaryTableValue(Nested()) } },
                "hostile"u8.ToArray());
            await probe.WaitForCountAsync(queue, 1);
        }

        await using var consumer = await broker.ConsumeAsync(queue, delivery => handled.Add(delivery.GetText()));
        await broker.SendAsync(queue, "good").InTime();
        await handled.ReachAsync(1);
        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();

        Assert.Equal(["good"], handled.All);
        var parked = Assert.Single(await failed.TakeAsync());
        Assert.Equal(("hostile", "headers"), (parked.Text, parked.Header("x-parked-reason")));
        Assert.Contains("MaxHeaderDepth", (string)parked.Header("x-parked-excess")!, StringComparison.Ordinal);
    }

    // The driver, too, writes tables by recursion, and so writes bytes; on the way they become the table that they are.
    private static void Turn(Span<byte> bytes)
    {
        if (bytes.IndexOf("\u0004deepx"u8) is >= 0 and var at)
            bytes[at + 5] = (byte)'F';
    }

    private static byte[] Nested()
    {
        const int Level = 7;
        var content = new byte[Depth * Level];
        for (var at = 0; at < content.Length; at += Level)
        {
            content[at] = 1;
            content[at + 1] = (byte)'n';
            content[at + 2] = (byte)'F';
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(at + 3), content.Length - at - Level);
        }

        return content;
    }
}
