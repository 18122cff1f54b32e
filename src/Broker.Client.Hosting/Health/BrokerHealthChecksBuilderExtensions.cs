using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Broker.Client.Hosting;

/// <summary>Health checks of registered brokers.</summary>
public static class BrokerHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds two checks of a broker, which read what its client knows of itself and dial nobody. Both tell in their data how
    /// the client and each consumer stand.
    /// </summary>
    /// <remarks>
    /// <para>The one with the tag <c>ready</c> is healthy when the client is connected, or nothing has needed it to be, and every
    /// consumer consumes; degraded while that is being mended, while the broker blocks publishing, when it has refused what was to be
    /// declared, while a consumer starts, is paused or was stopped, and when a handler does not return; unhealthy when a login, a virtual host, access or TLS is
    /// refused, and when a consumer of the host has failed for good.</para>
    /// <para>The one with the tag <c>live</c>, by the name with <c>-live</c> behind it, is unhealthy only for what a new start of
    /// the process may mend: a consumer that has failed for good. A broker that is away does not make it fail.</para>
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="key">That of the broker; null for the one without.</param>
    /// <param name="name">What the check is called; null means <c>broker</c>, or <c>broker-</c> and the key.</param>
    public static IHealthChecksBuilder AddBroker(this IHealthChecksBuilder builder, object? key = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<HostedBrokers>();
        name ??= key is null ? "broker" : $"broker-{key}";
        return builder
            .Add(Check(name, "ready", static health => health.Ready()))
            .Add(Check($"{name}-live", "live", static health => health.Live()));

        HealthCheckRegistration Check(string called, string tag, Func<BrokerHealth, HealthCheckResult> judge) => new(
            called, services => new BrokerHealthCheck(services.GetRequiredService<HostedBrokers>().Of(key), judge),
            failureStatus: null, tags: [tag]);
    }
}
