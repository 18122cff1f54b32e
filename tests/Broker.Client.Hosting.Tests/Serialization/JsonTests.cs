using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.Hosting.Tests.Serialization;

public sealed class JsonTests(BrokerFixture brokers)
{
    private static readonly JsonSerializerOptions s_kebab = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower };

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=utf-8")]
    [InlineData("text/json")]
    [InlineData("application/vnd.acme.order+json")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("application/octet-stream")]
    public async Task A_body_is_read_as_json(string? contentType)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Parcel>.StartAsync(brokers.Shared, probe);

        Assert.Equal(new Parcel(7, "anvil"), await reading.ReadAsync(contentType, """{ "parcelId": 7, "ITEM": "anvil" }"""));
    }

    [Fact]
    public async Task A_generated_context_reads_by_its_own_settings_and_the_rest_goes_by_reflection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        static void Configure(IBrokerBuilder broker) => broker.AddJsonContext(ParcelContext.Default);
        await using var generated = await Reading<Parcel>.StartAsync(brokers.Shared, probe, Configure);
        await using var reflected = await Reading<Order>.StartAsync(brokers.Shared, probe, Configure);

        Assert.Equal(new Parcel(7, "anvil"), await generated.ReadAsync(null, """{ "parcel_id": 7, "item": "anvil" }"""));
        Assert.Equal(new Order(7, "anvil"), await reflected.ReadAsync(null, """{ "id": 7, "item": "anvil" }"""));
    }

    [Fact]
    public async Task Options_of_ones_own_are_asked_in_their_order()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Parcel>.StartAsync(
            brokers.Shared, probe, static broker => broker.AddJsonOptions(s_kebab).AddJsonContext(ParcelContext.Default));

        Assert.Equal(new Parcel(7, "anvil"), await reading.ReadAsync(null, """{ "parcel-id": 7, "item": "anvil" }"""));
    }

    [Fact]
    public async Task Contexts_are_those_of_their_own_broker()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Parcel>.StartAsync(
            brokers.Shared, probe,
            static broker => broker.Services.AddKeyedBroker("other", "amqp://localhost").AddJsonContext(ParcelContext.Default));

        Assert.Equal(new Parcel(7, "anvil"), await reading.ReadAsync(null, """{ "parcelId": 7, "item": "anvil" }"""));
    }

    [Theory]
    [InlineData("{ ", "Expected depth to be zero")]
    [InlineData("", "does not contain any JSON tokens")]
    [InlineData("null", "The body is a null.")]
    [InlineData("""{ "parcelId": "seven" }""", "Path: $.parcelId")]
    public async Task What_is_not_of_its_shape_is_parked_at_its_first_attempt(string body, string reason)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<Parcel>.StartAsync(brokers.Shared, probe);

        var refusal = await reading.RefusalAsync("application/json", Encoding.UTF8.GetBytes(body));

        Assert.Contains($"is not application/json for {typeof(Parcel)}: ", refusal, StringComparison.Ordinal);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Empty(reading.Read.All);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(100_000, false)]
    public async Task What_is_nested_more_than_64_deep_is_refused(int depth, bool read)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var reading = await Reading<JsonElement>.StartAsync(brokers.Shared, probe);
        var body = new string('[', depth) + new string(']', depth);

        if (read)
            Assert.Equal(JsonValueKind.Array, (await reading.ReadAsync(null, body)).ValueKind);
        else
            Assert.Contains("maximum configured depth of 64", await reading.RefusalAsync(null, Encoding.UTF8.GetBytes(body)), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_reflection_a_type_that_no_context_has_is_told_before_anything_starts()
    {
        var without = new MessageSerializers([], new JsonMessageSerializer([ParcelContext.Default.Options], reflection: null));

        var error = Assert.Throws<InvalidOperationException>(() => without.DecoderFor<Order>(null));
        Assert.Throws<InvalidOperationException>(() => without.EncoderFor<Order>(null));

        Assert.Equal(
            $"There is no JSON metadata for {typeof(Order)}. Add a JsonSerializerContext that has it: AddJsonContext(MyContext.Default).", error.Message);
        Assert.NotNull(without.DecoderFor<Parcel>(null));
        Assert.NotNull(without.DecoderFor<string>(null));
        Assert.NotNull(without.DecoderFor<byte[]>("application/json"));
    }
}

public sealed record Parcel(int ParcelId, string Item);

/// <summary>What an application generates for its messages.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Parcel))]
internal sealed partial class ParcelContext : JsonSerializerContext;
