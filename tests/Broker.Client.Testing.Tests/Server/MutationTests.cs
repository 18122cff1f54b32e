using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Server;

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>
/// Broken frames and handshakes, over sockets, against a broker that runs: none may crash it, hang it or make it keep
/// memory. BROKER_MUTATIONS says how many (100,000), BROKER_MUTATION_SEED which.
/// </summary>
[Collection(nameof(Alone))]
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int Workers = 4;

    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(30);

    private int _handled;
    private int _refused;
    private int _conversations;

    [Fact]
    public async Task A_hundred_thousand_broken_frames_and_handshakes_do_no_harm()
    {
        var wanted = Number("BROKER_MUTATIONS", 100_000);
        var seed = Number("BROKER_MUTATION_SEED", 1);
        await using var broker = await TestBroker.StartAsync();
        await RunAsync(broker, seed - 1, wanted / 20);
        var before = await MemoryAsync(broker);

        _handled = _refused = _conversations = 0;
        await RunAsync(broker, seed, wanted);

        var after = await MemoryAsync(broker);
        output.WriteLine($"{_handled} mutations handled, {_refused} of them refused, in {_conversations} conversations; "
            + $"memory {before / 1024} KiB before and {after / 1024} KiB after");
        // However many they were: only the histories of the latest deleted queues stay on purpose.
        Assert.InRange(after - before, long.MinValue, 4 * 1024 * 1024);
        Assert.InRange(_refused, wanted / 10, _handled);
        await ServesAsync(broker);
    }

    [Fact]
    public async Task What_a_client_claims_costs_no_memory()
    {
        var publish = new BasicPublish("", "q", Mandatory: false, Immediate: false);
        byte[][] claims =
        [
            Bytes(static w => w.Raw([1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF])),
            Bytes(static w => w.Raw([3, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF])),
            // queue.declare with a table of 4 GiB, and one with a string of 2 GiB in it.
            Bytes(static w => Table(w, [0xFF, 0xFF, 0xFF, 0xFF])),
            Bytes(static w => Table(w, [0, 0, 0, 7, 1, (byte)'a', (byte)'S', 0x7F, 0xFF, 0xFF, 0xFF])),
            Bytes(static w => Table(w, [0, 0, 0, 7, 1, (byte)'a', (byte)'A', 0x7F, 0xFF, 0xFF, 0xFF])),
            Bytes(w => w.MethodFrame(1, publish)
                .HeaderFrame(1, ContentHeader.Of(MessageProperties.None, 1UL << 63))),
            Bytes(w => w.MethodFrame(1, publish)
                .HeaderFrame(1, ContentHeader.Of(MessageProperties.None, ulong.MaxValue))),
            // As large as a message may be, but nothing of it comes.
            Bytes(w => w.MethodFrame(1, publish)
                .HeaderFrame(1, ContentHeader.Of(MessageProperties.None, 16 * 1024 * 1024))),
        ];
        await using var broker = await TestBroker.StartAsync();
        foreach (var claim in claims) await TalkAsync(broker, claim);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var round = 0; round < 10; round++)
            foreach (var claim in claims)
                await TalkAsync(broker, claim);

        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (10 * claims.Length);

        output.WriteLine($"{each} bytes were allocated for a connection, both ends");
        Assert.InRange(each, 0, 256 * 1024);
    }

    private static AmqpWriter Table(AmqpWriter writer, byte[] table)
    {
        byte[] payload = [0, 50, 0, 10, 0, 0, 1, (byte)'q', 0, .. table];
        return writer.Raw([1, 0, 1]).UInt32((uint)payload.Length).Raw(payload).Octet(Frame.End);
    }

    private static byte[] Bytes(Func<AmqpWriter, AmqpWriter> write) => write(new AmqpWriter()
        .Raw(FrameWriter.ProtocolHeader)
        .MethodFrame(0, new ConnectionStartOk(null, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"))
        .MethodFrame(0, new ConnectionTuneOk(100, 131_072, 0))
        .MethodFrame(0, new ConnectionOpen("/"))
        .MethodFrame(1, new ChannelOpen())).ToArray();

    private static int Number(string variable, int orElse) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : orElse;

    private Task RunAsync(TestBroker broker, int seed, int wanted) => Task.WhenAll(Enumerable.Range(0, Workers)
        .Select(worker => Task.Run(() => WorkAsync(broker, seed, worker, wanted / Workers))));

    private async Task WorkAsync(TestBroker broker, int seed, int worker, int wanted)
    {
        var mutator = new Mutator(unchecked((seed * 31) + worker), $"mine.{worker}");
        for (var (handled, conversation) = (0, 0); handled < wanted; conversation++)
        {
            var bytes = mutator.Next();
            try
            {
                var (answers, error) = await TalkAsync(broker, bytes);
                // 541 is what an exception inside the broker comes to.
                Assert.False(error?.ReplyCode == 541, error?.ReplyText);
                var here = mutator.IsHandshake || (error is not null && answers < Mutator.Steps) ? answers + 1 : answers;
                handled += here;
                Interlocked.Add(ref _handled, here);
                Interlocked.Increment(ref _conversations);
                if (error is not null) Interlocked.Increment(ref _refused);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"BROKER_MUTATION_SEED={seed}: worker {worker}, conversation "
                    + $"{conversation}: {e.Message}\n{Convert.ToHexString(bytes.Span)}", e);
            }
        }
    }

    // How many questions were answered, and with what the broker closed the connection.
    private static async Task<(int Answers, ConnectionClose? Error)> TalkAsync(
        TestBroker broker, ReadOnlyMemory<byte> bytes)
    {
        // The reset at the end leaves no port waiting: there are more conversations than ports.
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
        await socket.ConnectAsync(IPAddress.Loopback, broker.Uri.Port);
        using var limit = new CancellationTokenSource(_soon);
        var reader = new FrameReader(new NetworkStream(socket));
        var answers = 0;
        ConnectionClose? error = null;
        try
        {
            await socket.SendAsync(bytes, limit.Token);
            socket.Shutdown(SocketShutdown.Send);
            while (await reader.ReadAsync(limit.Token) is { Type: var type, Channel: var channel, Payload: var payload })
            {
                if (type != FrameType.Method) continue;
                var name = MethodTable.NameOf(payload.Span);
                if (channel == Mutator.Witness && name == "basic.qos-ok") answers++;
                if (name == "connection.close") error = (ConnectionClose)Method.Read(payload.Span);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or AmqpSyntaxException)
        {
            // Cut, or answered with the protocol header: no harm either.
        }

        return (answers, error);
    }

    private static async Task<long> MemoryAsync(TestBroker broker)
    {
        using var limit = new CancellationTokenSource(_soon);
        await broker.NobodyAsync(limit.Token);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task ServesAsync(TestBroker broker)
    {
        await using var connection = await new ConnectionFactory { Uri = broker.Uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new(true, true));
        await channel.QueueDeclareAsync("after", durable: true, exclusive: false, autoDelete: false);
        await channel.BasicPublishAsync("", "after", mandatory: true, "m"u8.ToArray());
        Assert.NotNull(await channel.BasicGetAsync("after", autoAck: true));
        Assert.Equal(1, broker.ConnectionCount);
    }
}
