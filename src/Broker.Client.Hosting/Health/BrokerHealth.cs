using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting;

/// <summary>A consumer, as a health check sees it.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Failure">Why it has failed for good; null where it has not.</param>
internal sealed record ConsumerHealth(string Queue, ConsumerStatus Status, string? Failure);

/// <summary>
/// How a broker's client and its consumers stand, in the words of a health check. Degraded is what mends itself, or was asked
/// for; unhealthy is what somebody has to mend.
/// </summary>
internal sealed record BrokerHealth(
    string Broker, BrokerConnectionState State, string? Reason, IReadOnlyList<ConsumerHealth> Consumers, string? Refusal = null)
{
    /// <summary>Whether the application can work: connected, and every consumer consuming.</summary>
    public HealthCheckResult Ready() => Result([Connection, Declaration, .. Consumers.SelectMany(Complaints)]);

    /// <summary>
    /// Whether the application is of any use, and would not be better off started again: a broker that is away is not its
    /// fault, and comes back by itself; a consumer that has failed for good does not.
    /// </summary>
    public HealthCheckResult Live() => Result(
    [
        State == BrokerConnectionState.Closed ? Connection : null,
        .. Consumers.Where(static consumer => consumer.Status.State == ConsumerState.Failed).SelectMany(Complaints),
    ]);

    private Complaint? Connection => State switch
    {
        BrokerConnectionState.Connecting => new(HealthStatus.Degraded, $"{Broker} is away, and is tried again{Because}"),
        BrokerConnectionState.Blocked => new(HealthStatus.Degraded, $"{Broker} takes no publishes{Because}"),
        BrokerConnectionState.Faulted => new(HealthStatus.Unhealthy, $"{Broker} lets no one in{Because}"),
        BrokerConnectionState.Closed => new(HealthStatus.Unhealthy, $"{Broker} is not used any more: its client was disposed of."),
        _ => null,
    };

    // What cannot do without it fails by itself, and is told of; the rest works.
    private Complaint? Declaration => Refusal is null ? null
        : new(HealthStatus.Degraded, $"{Broker} has refused what was to be declared: {Refusal}");

    private string Because => Reason is null ? "." : $": {Reason}";

    private static IEnumerable<Complaint?> Complaints(ConsumerHealth consumer)
    {
        var (queue, status, failure) = consumer;
        yield return status.State switch
        {
            ConsumerState.Consuming => null,
            ConsumerState.Failed => new(HealthStatus.Unhealthy, $"The consumer of '{queue}' has failed for good: {failure}"),
            var other => new(HealthStatus.Degraded, $"The consumer of '{queue}' is {other.ToString().ToLowerInvariant()}."),
        };
        if (status.Stuck > 0)
            yield return new(HealthStatus.Degraded, $"{status.Stuck} handlers of '{queue}' do not return, though their time is over.");
    }

    private HealthCheckResult Result(IEnumerable<Complaint?> found)
    {
        var complaints = found.OfType<Complaint>().ToList();
        var data = new Dictionary<string, object> { ["state"] = State.ToString() };
        foreach (var (index, consumer) in Consumers.Index())
            data[$"consumer {index + 1}"] = Describe(consumer);
        return new HealthCheckResult(
            complaints.Select(static complaint => complaint.Status).DefaultIfEmpty(HealthStatus.Healthy).Min(),
            complaints.Count == 0 ? null : string.Join(" ", complaints.Select(static complaint => complaint.Text)), data: data);
    }

    private static string Describe(ConsumerHealth consumer)
    {
        var status = consumer.Status;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{consumer.Queue}: {status.State}, {status.InFlight} in flight, {status.Stuck} stuck, {status.Restarts} restarts, last delivery {status.LastDelivery:u}");
    }

    private sealed record Complaint(HealthStatus Status, string Text);
}
