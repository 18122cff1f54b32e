using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.Hosting.Tests.Serialization;

/// <summary>Formats of one's own, each by its content type.</summary>
public sealed class SerializerTests(BrokerFixture brokers)
{
    private static readonly string s_base64 = Convert.ToBase64String("""{"id":7,"item":"anvil"}"""u8);

    [Theory]
    [InlineData("application/x-base64")]
    [InlineData("APPLICATION/X-Base64; v=1")]
    public async Task A_body_is_read_by_the_serializer_of_its_content_type(string contentType)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(brokers.Shared, probe, static broker => broker.AddSerializer(new Base64()));

        Assert.Equal(new Order(7, "anvil"), await reading.ReadAsync(contentType, s_base64));
        Assert.Equal(new Order(8, "rope"), await reading.ReadAsync("application/json", """{ "id": 8, "item": "rope" }"""));
        Assert.Equal(new Order(7, "anvil"), await reading.ReadAsync(contentType, s_base64));
    }

    [Fact]
    public async Task A_body_that_names_none_is_read_by_that_of_the_registration()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(
            brokers.Shared, probe, static broker => broker.AddSerializer(new Base64()), contentType: "application/x-base64");

        Assert.Equal(new Order(7, "anvil"), await reading.ReadAsync(null, s_base64));
        Assert.Equal(new Order(7, "anvil"), await reading.ReadAsync("text/plain", s_base64));
        Assert.Equal(new Order(8, "rope"), await reading.ReadAsync("application/json", """{ "id": 8, "item": "rope" }"""));
    }

    [Fact]
    public async Task One_that_is_added_may_take_the_place_of_json()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(
            brokers.Shared, probe, static broker => broker.AddSerializer(new Base64("application/json")));

        Assert.Equal(new Order(7, "anvil"), await reading.ReadAsync(null, s_base64));
    }

    [Fact]
    public async Task A_content_type_that_nothing_reads_is_parked_and_told()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(brokers.Shared, probe, static broker => broker.AddSerializer(new Base64()));

        var refusal = await reading.RefusalAsync("application/x-unheard-of", "x"u8.ToArray());

        Assert.EndsWith(
            "There is no serializer for its content type; there are those for application/x-base64, application/json.", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_serializer_throws_is_a_message_that_cannot_be_decoded()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Order>.StartAsync(brokers.Shared, probe, static broker => broker.AddSerializer(new Base64()));

        var refusal = await reading.RefusalAsync("application/x-base64", "%"u8.ToArray());

        Assert.Contains($"is not application/x-base64 for {typeof(Order)}: ", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registration_that_nothing_reads_fails_the_start_of_the_host()
    {
        await using var app = App.Build(brokers.Shared.Uri, static broker => broker.AddConsumer<Order>(
            "any", static (_, _, _, _) => Task.CompletedTask, contentType: "application/x-base64"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(app.StartAsync);

        Assert.Equal(
            "There is no serializer for content type 'application/x-base64'; there are those for application/json. Add one by AddSerializer.", error.Message);
    }

    /// <summary>JSON in base 64: a format that is nobody's.</summary>
    private sealed class Base64(string contentType = "application/x-base64") : IMessageSerializer
    {
        public string ContentType => contentType;

        public ReadOnlyMemory<byte> Serialize<TMessage>(TMessage message) =>
            Encoding.ASCII.GetBytes(Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web)));

        public TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> body) =>
            JsonSerializer.Deserialize<TMessage>(Base64Url.DecodeFromUtf8(body.Span), JsonSerializerOptions.Web);
    }
}
