using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting;

/// <summary>Looks at what the client knows of itself. Dials nobody, and waits for nothing.</summary>
internal sealed class BrokerHealthCheck(HostedBroker broker, Func<BrokerHealth, HealthCheckResult> judge) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(judge(broker.Look()));
}
