using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>What the broker knows of a client: how many connections, under which names, with which properties and heartbeat.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class ClientIdentityTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Name_and_properties_are_shown_by_the_broker()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var name = NewName();
        var options = BrokerOptions.Parse(broker.Uri.ToString()) with
        {
            ClientName = name,
            ClientProperties = new Dictionary<string, object?> { ["deployment"] = "blue" },
        };

        await using var client = await BrokerClient.ConnectAsync(options);

        var shown = Assert.Single(await ConnectionsAsync(broker, name));
        Assert.Contains($"{name} (consuming)", shown);
        Assert.Contains("blue", shown);
        Assert.Contains("Broker.Client", shown);
    }

    [Fact]
    public async Task The_name_in_the_uri_is_shown_by_the_broker()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var name = NewName();

        await using var client = await BrokerClient.ConnectAsync($"{broker.Uri}?connection_name={name}");

        Assert.Single(await ConnectionsAsync(broker, name));
    }

    [Fact]
    public async Task One_connection_is_open_until_the_first_publish_and_then_two_for_good()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        var name = NewName();

        await using var client = await BrokerClient.ConnectAsync(BrokerOptions.Parse(broker.Uri.ToString()) with { ClientName = name });
        await client.DeclareQueueAsync(queue);
        await using var consumer = await client.ConsumeAsync(queue, _ => { });
        await client.GetAsync(queue);
        var before = await ConnectionsAsync(broker, name);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.SendAsync(queue, "text").AsTask()));
        await using var second = await client.ConsumeAsync(queue, _ => { });
        var after = await ConnectionsAsync(broker, name);

        Assert.Contains("(consuming)", Assert.Single(before));
        Assert.Equal(2, after.Count);
        Assert.Contains(after, line => line.Contains("(publishing)"));
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData("?heartbeat=7", 7)]
    public async Task The_heartbeat_is_ten_seconds_or_what_the_uri_says(string query, int seconds)
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var name = NewName();

        await using var client = await BrokerClient.ConnectAsync(BrokerOptions.Parse(broker.Uri + query) with { ClientName = name });

        var shown = Assert.Single(await ConnectionsAsync(broker, name));
        Assert.Equal($"{seconds}", shown.Split('\t')[0]);
    }

    [Fact]
    public async Task A_client_that_is_disposed_leaves_no_connection()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var name = NewName();
        var client = await BrokerClient.ConnectAsync(BrokerOptions.Parse(broker.Uri.ToString()) with { ClientName = name });
        await client.TrySendAsync("no-such-queue", "text");
        Assert.Equal(2, (await ConnectionsAsync(broker, name)).Count);

        await client.DisposeAsync();

        await Eventually.IsTrueAsync("no connection", async () => await ConnectionsAsync(broker, name) is []);
    }

    private static string NewName() => $"identity-{Guid.NewGuid():n}";

    private static async Task<List<string>> ConnectionsAsync(BrokerUnderTest broker, string name) =>
        [.. (await broker.ControlAsync("-q", "list_connections", "timeout", "client_properties"))
            .Split('\n').Where(line => line.Contains(name))];
}
