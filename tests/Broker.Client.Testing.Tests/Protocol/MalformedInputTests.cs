namespace Broker.Client.Testing.Tests.Protocol;

public sealed class MalformedInputTests
{
    [Fact]
    public void Every_truncation_of_every_method_is_a_syntax_error()
    {
        foreach (var method in Samples.Methods)
        {
            var bytes = Samples.Bytes(method);
            for (var length = 0; length < bytes.Length; length++)
            {
                var cut = bytes[..length];
                Assert.Throws<AmqpSyntaxException>(() => Method.Read(cut));
            }
        }
    }

    [Fact]
    public void Every_truncation_of_a_content_header_is_a_syntax_error()
    {
        var bytes = Samples.Bytes(ContentHeader.Of(Samples.EveryProperty, 1));
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Assert.Throws<AmqpSyntaxException>(() => ContentHeader.Read(cut));
        }
    }

    [Fact]
    public async Task Twenty_thousand_mutated_inputs_end_in_nothing_but_syntax_errors()
    {
        var random = new Random(91);
        var inputs = Samples.Methods.Select(method => new AmqpWriter().MethodFrame(1, method).ToArray())
            .Append(new AmqpWriter().HeaderFrame(1, ContentHeader.Of(Samples.EveryProperty, 9)).ToArray())
            .ToArray();
        var refused = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20_000; i++)
            if (!await ReadsAsync(Mutate(random, inputs[random.Next(inputs.Length)])))
                refused++;

        Assert.InRange(refused, 5_000, 19_999);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000L * 64 * 1024);
    }

    // From a stream that is complete all reads end at once, so that everything runs on this one thread.
    private static async Task<bool> ReadsAsync(byte[] bytes)
    {
        try
        {
            var reader = new FrameReader(new MemoryStream(bytes));
            while (await reader.ReadAsync() is { } frame)
                if (frame.Type == FrameType.Method) Method.Read(frame.Payload.Span);
                else if (frame.Type == FrameType.Header) ContentHeader.Read(frame.Payload.Span);
            return true;
        }
        catch (Exception e) when (e is AmqpSyntaxException or EndOfStreamException)
        {
            return false;
        }
    }

    private static byte[] Mutate(Random random, byte[] input)
    {
        var bytes = input.ToArray();
        for (var n = random.Next(1, 5); n > 0; n--)
        {
            // Mostly in the payload, with values that lengths and types take.
            var at = random.Next(10) == 0 ? random.Next(bytes.Length) : random.Next(11, bytes.Length);
            bytes[at] = random.Next(3) switch
            {
                0 => 0xFF,
                1 => "tbBsuIilLfdDSATFVx"u8[random.Next(18)],
                _ => (byte)random.Next(256),
            };
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
