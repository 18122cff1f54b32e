using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>
/// Calls handlers with the services of the attempt's scope: the one that filters have opened, or else one of its own.
/// </summary>
internal sealed class HandlerScopes(IServiceProvider services)
{
    private readonly IServiceScopeFactory _scopes = services.GetRequiredService<IServiceScopeFactory>();

    public async Task RunAsync<TWhat>(
        Func<IServiceProvider, TWhat, CancellationToken, Task> handler, TWhat what, CancellationToken cancellationToken)
    {
        if (ScopedFilters.Current is { } open)
        {
            await handler(open, what, cancellationToken).ConfigureAwait(false);
            return;
        }

        var scope = _scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
            await handler(scope.ServiceProvider, what, cancellationToken).ConfigureAwait(false);
    }
}
