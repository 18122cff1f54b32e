namespace Broker.Client.Tests.Architecture;

public sealed class LayerTests
{
    [Fact]
    public void Every_source_file_keeps_to_its_layer()
    {
        var breaches = new LayerCheck(LibrarySources.Read()).Breaches();

        AssertNone(breaches);
    }

    [Fact]
    public void Every_source_file_of_hosting_keeps_to_its_layer()
    {
        var breaches = new LayerCheck(LibrarySources.Read("Broker.Client.Hosting"), HostingLayers.All, "Broker.Client.Hosting").Breaches();

        AssertNone(breaches);
    }

    [Fact]
    public void A_serializer_of_hosting_that_knows_of_consumers_or_of_the_driver_is_a_breach()
    {
        var sources = new Dictionary<string, string>(LibrarySources.Read("Broker.Client.Hosting"))
        {
            ["Serialization/MessageEncoder.cs"] = "namespace Broker.Client.Hosting; internal sealed record MessageEncoder(HostedConsumer Consumer, RabbitMQ.Client.IChannel Channel);",
        };

        var breaches = new LayerCheck(sources, HostingLayers.All, "Broker.Client.Hosting").Breaches().ToList();

        Assert.Contains("Serialization/MessageEncoder.cs (serialization) uses HostedConsumer (role)", breaches);
        Assert.Contains("Serialization/MessageEncoder.cs (serialization) uses RabbitMQ.Client: only the edge may", breaches);
    }

    [Fact]
    public void A_role_that_uses_the_facade_is_a_breach()
    {
        var sources = Planted("Publishing/Publisher.cs", "namespace Broker.Client; internal sealed class Publisher(BrokerClient client) { public object It => client.State; }");

        var breaches = new LayerCheck(sources).Breaches();

        Assert.Contains("Publishing/Publisher.cs (role) uses BrokerClient (facade)", breaches);
    }

    [Fact]
    public void A_role_that_uses_a_role_of_another_folder_is_a_breach()
    {
        var sources = Planted("Consuming/Parking.cs", "namespace Broker.Client; internal sealed class Parking(Publisher publisher) { public object It => publisher; }");

        var breaches = new LayerCheck(sources).Breaches();

        Assert.Contains("Consuming/Parking.cs (role) uses Publisher (role)", breaches);
    }

    [Fact]
    public void A_type_that_is_never_named_is_found_by_its_members()
    {
        var sources = Planted("Topology/TopologyLedger.cs", "namespace Broker.Client; internal sealed class TopologyLedger { public object It(Message message) => Bounded.WithinAsync(Task.CompletedTask, default, null!).It(); } ");
        sources["Publishing/Publisher.cs"] = "namespace Broker.Client; internal static class Publisher { public static object It(this Task task) => task; }";

        var breaches = new LayerCheck(sources).Breaches();

        Assert.Contains("Topology/TopologyLedger.cs (pure) uses Publisher (role)", breaches);
    }

    [Theory]
    [InlineData("Publishing/Publisher.cs", "using RabbitMQ.Client; namespace Broker.Client;")]
    [InlineData("Connection/ConnectionSupervisor.cs", "namespace Broker.Client; class ConnectionSupervisor { object It(RabbitMQ.Client.IChannel channel) => channel; }")]
    public void The_driver_outside_of_the_edge_files_is_a_breach(string file, string source)
    {
        var breaches = new LayerCheck(Planted(file, source)).Breaches();

        Assert.Contains(breaches, breach => breach.StartsWith(file, StringComparison.Ordinal) && breach.EndsWith("uses RabbitMQ.Client: only the edge may", StringComparison.Ordinal));
    }

    [Fact]
    public void Logging_in_a_pure_file_is_a_breach()
    {
        var sources = Planted("Connection/Backoff.cs", "using Microsoft.Extensions.Logging; namespace Broker.Client; class Backoff(ILogger logger) { object It => logger; }");

        var breaches = new LayerCheck(sources).Breaches();

        Assert.Contains("Connection/Backoff.cs (pure) uses ILogger of Microsoft.Extensions.Logging", breaches);
    }

    [Fact]
    public void A_file_without_a_layer_is_told_where_to_go()
    {
        var sources = Planted("Publishing/Novel.cs", "namespace Broker.Client;");

        var breaches = new LayerCheck(sources).Breaches();

        Assert.Equal(["Publishing/Novel.cs is in no layer: add it to one in Architecture/Layers.cs"], breaches.Where(breach => breach.Contains("Novel", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_name_in_a_comment_a_string_or_a_nameof_is_no_use()
    {
        var sources = Planted(
            "Connection/Backoff.cs",
            "namespace Broker.Client; /// <summary><see cref=\"Publisher\"/></summary>\nclass Backoff { /* Publisher */ string It => \"Publisher\" + nameof(Publisher); }");

        var breaches = new LayerCheck(sources).Breaches();

        Assert.DoesNotContain(breaches, breach => breach.StartsWith("Connection/Backoff.cs", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Planted(string file, string source) =>
        new(LibrarySources.Read()) { [file] = source };

    private static void AssertNone(IEnumerable<string> breaches) =>
        Assert.True(!breaches.Any(), string.Join(Environment.NewLine, breaches));
}
