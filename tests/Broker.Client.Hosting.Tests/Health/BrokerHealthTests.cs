using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting.Tests.Health;

/// <summary>What each state comes to, for readiness and for liveness.</summary>
public sealed class BrokerHealthTests
{
    [Theory]
    [InlineData(BrokerConnectionState.Idle, HealthStatus.Healthy, HealthStatus.Healthy, null)]
    [InlineData(BrokerConnectionState.Connected, HealthStatus.Healthy, HealthStatus.Healthy, null)]
    [InlineData(BrokerConnectionState.Connecting, HealthStatus.Degraded, HealthStatus.Healthy, "The broker is away, and is tried again: Why.")]
    [InlineData(BrokerConnectionState.Blocked, HealthStatus.Degraded, HealthStatus.Healthy, "The broker takes no publishes: Why.")]
    [InlineData(BrokerConnectionState.Faulted, HealthStatus.Unhealthy, HealthStatus.Healthy, "The broker lets no one in: Why.")]
    [InlineData(BrokerConnectionState.Closed, HealthStatus.Unhealthy, HealthStatus.Unhealthy, "The broker is not used any more: its client was disposed of.")]
    public void A_client_comes_to(BrokerConnectionState state, HealthStatus ready, HealthStatus live, string? description)
    {
        var health = new BrokerHealth("The broker", state, "Why.", [Of(ConsumerState.Consuming)]);

        Assert.Equal((ready, live), (health.Ready().Status, health.Live().Status));
        Assert.Equal(description, health.Ready().Description);
    }

    [Theory]
    [InlineData(ConsumerState.Starting, HealthStatus.Degraded, "The consumer of 'orders' is starting.")]
    [InlineData(ConsumerState.Consuming, HealthStatus.Healthy, null)]
    [InlineData(ConsumerState.Recovering, HealthStatus.Degraded, "The consumer of 'orders' is recovering.")]
    [InlineData(ConsumerState.Paused, HealthStatus.Degraded, "The consumer of 'orders' is paused.")]
    [InlineData(ConsumerState.Stopping, HealthStatus.Degraded, "The consumer of 'orders' is stopping.")]
    [InlineData(ConsumerState.Stopped, HealthStatus.Degraded, "The consumer of 'orders' is stopped.")]
    [InlineData(ConsumerState.Failed, HealthStatus.Unhealthy, "The consumer of 'orders' has failed for good: It is gone.")]
    public void A_consumer_comes_to(ConsumerState state, HealthStatus ready, string? description)
    {
        var health = new BrokerHealth("The broker", BrokerConnectionState.Connected, null, [Of(state, failure: "It is gone.")]);

        Assert.Equal((ready, description), (health.Ready().Status, health.Ready().Description));
        Assert.Equal(state == ConsumerState.Failed ? HealthStatus.Unhealthy : HealthStatus.Healthy, health.Live().Status);
    }

    [Fact]
    public void A_declaration_that_was_refused_degrades()
    {
        var health = new BrokerHealth("The broker", BrokerConnectionState.Connected, null, [Of(ConsumerState.Consuming)], "It has another type.");

        Assert.Equal(HealthStatus.Degraded, health.Ready().Status);
        Assert.Equal("The broker has refused what was to be declared: It has another type.", health.Ready().Description);
        Assert.Equal(HealthStatus.Healthy, health.Live().Status);
    }

    [Fact]
    public void A_handler_that_does_not_return_degrades()
    {
        var health = new BrokerHealth("The broker", BrokerConnectionState.Connected, null, [Of(ConsumerState.Consuming, stuck: 2)]);

        Assert.Equal(HealthStatus.Degraded, health.Ready().Status);
        Assert.Equal("2 handlers of 'orders' do not return, though their time is over.", health.Ready().Description);
        Assert.Equal(HealthStatus.Healthy, health.Live().Status);
    }

    [Fact]
    public void The_worst_counts_and_all_of_it_is_told()
    {
        var health = new BrokerHealth(
            "Broker 'east'", BrokerConnectionState.Blocked, null,
            [Of(ConsumerState.Consuming), Of(ConsumerState.Failed, "bills", failure: "It is gone."), Of(ConsumerState.Paused)]);

        var result = health.Ready();

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("Broker 'east' takes no publishes. The consumer of 'bills' has failed for good: It is gone. The consumer of 'orders' is paused.", result.Description);
    }

    [Fact]
    public void The_data_tell_how_each_stands()
    {
        var health = new BrokerHealth(
            "The broker", BrokerConnectionState.Connected, null,
            [new("orders", new ConsumerStatus(ConsumerState.Consuming, 3, 1, 2, new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)), null)]);

        foreach (var data in new[] { health.Ready().Data, health.Live().Data })
        {
            Assert.Equal("Connected", data["state"]);
            Assert.Equal("orders: Consuming, 3 in flight, 1 stuck, 2 restarts, last delivery 2026-01-31 12:00:00Z", data["consumer 1"]);
        }
    }

    private static ConsumerHealth Of(ConsumerState state, string queue = "orders", int stuck = 0, string? failure = null) =>
        new(queue, new ConsumerStatus(state, 0, stuck, 0, null), failure);
}
