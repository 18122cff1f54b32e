using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>Our stream between the driver and the socket, with TLS and without: bodies of every size pass it both ways as they are.</summary>
public sealed class TransportTests(BrokerFixture brokers)
{
    // Around what is gathered, what is passed through, what a frame holds and what is read at once.
    private static readonly int[] s_sizes =
    [
        0, 1, 100, 4_096, 16_000, 16_383, 16_384, 16_385, 65_535, 65_536, 131_063, 131_064, 131_065, 262_144, 262_145, 1_048_575, 1_048_576,
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bodies_from_nothing_to_a_mebibyte_pass_intact_and_in_order(bool tls)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var root = TestCertificates.NewRoot();
        await using var terminator = new TlsTerminator(brokers.Shared.Uri, new() { Certificate = root.Issue() });
        var options = BrokerOptions.Parse((tls ? terminator.UriFor() : brokers.Shared.Uri).OriginalString);
        if (tls)
            options.Tls = new TlsOptions { CaCertificates = [root.Authority] };
        await using var client = await BrokerClient.ConnectAsync(options).InTime();
        var queue = await client.DeclareAsync(probe);
        // Small and large ones by turns, then all sizes once more in a random order, without waiting in between.
        var random = new Random(11);
        var sizes = s_sizes.SelectMany(size => new[] { size, random.Next(2_000) }).Concat(s_sizes.OrderBy(_ => random.Next())).ToArray();
        var bodies = sizes.Select(size => Body(random, size)).ToArray();

        var seen = new Collected<byte[]>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => seen.Add(delivery.Body.ToArray()));
        await Task.WhenAll(bodies.Select(body => client.SendAsync(queue, body).AsTask())).InTime();

        var arrived = await seen.ReachAsync(bodies.Length);
        Assert.Equal(sizes, arrived.Select(body => body.Length));
        Assert.All(arrived.Zip(bodies), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second)));
        Assert.Equal(tls ? 2 : 0, terminator.Handshakes);
    }

    private static byte[] Body(Random random, int size)
    {
        var body = new byte[size];
        random.NextBytes(body);
        return body;
    }
}
