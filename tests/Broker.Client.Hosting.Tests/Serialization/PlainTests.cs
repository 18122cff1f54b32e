using System.Text;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.Hosting.Tests.Serialization;

/// <summary>Text and bytes are bodies as they are, whatever their content type.</summary>
public sealed class PlainTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("application/x-unheard-of; charset=utf-8")]
    public async Task Text_is_read_as_utf8(string? contentType)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<string>.StartAsync(brokers.Shared, probe);

        Assert.Equal("""{ "größe": 7 }""", await reading.ReadAsync(contentType, """{ "größe": 7 }"""));
    }

    [Fact]
    public async Task Text_is_read_in_the_charset_that_it_names()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<string>.StartAsync(brokers.Shared, probe);

        await reading.PutAsync("text/plain; format=flowed; charset=\"ISO-8859-1\"", Encoding.Latin1.GetBytes("größe"));

        Assert.Equal(["größe"], await reading.Read.ReachAsync(1));
    }

    [Theory]
    [InlineData("text/plain", "is not text/plain for System.String: Unable to translate bytes [FF]")]
    [InlineData("text/plain; charset=klingon", "'klingon' is not a supported encoding name")]
    public async Task Text_that_is_none_is_parked_at_its_first_attempt(string contentType, string reason)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<string>.StartAsync(brokers.Shared, probe);

        Assert.Contains(reason, await reading.RefusalAsync(contentType, new byte[] { 0x61, 0xff }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_taken_as_they_are()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var bytes = await Reading<byte[]>.StartAsync(brokers.Shared, probe);
        await using var memory = await Reading<ReadOnlyMemory<byte>>.StartAsync(brokers.Shared, probe);

        await bytes.PutAsync("application/json", new byte[] { 1, 2, 255 });
        await memory.PutAsync(null, new byte[] { 1, 2, 255 });

        Assert.Equal([1, 2, 255], (await bytes.Read.ReachAsync(1))[0]);
        Assert.Equal([1, 2, 255], (await memory.Read.ReachAsync(1))[0].ToArray());
    }
}
