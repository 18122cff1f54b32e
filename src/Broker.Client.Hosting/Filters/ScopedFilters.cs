using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>
/// Opens the scope of an attempt, and has the filters of the container stand around the handler, within it. To the client it is
/// one filter.
/// </summary>
internal sealed class ScopedFilters(IServiceScopeFactory scopes, IReadOnlyList<ConsumeFilterRegistration> filters) : IBatchFilter
{
    private static readonly AsyncLocal<IServiceProvider?> s_scope = new();

    /// <summary>The scope of the attempt that the calling code is part of; null where no filter has opened one.</summary>
    public static IServiceProvider? Current => s_scope.Value;

    public async ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            s_scope.Value = scope.ServiceProvider;
            foreach (var filter in Resolve(scope))
            {
                var inner = next;
                next = (each, token) => filter.HandleAsync(each, inner, token);
            }

            await next(delivery, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            s_scope.Value = scope.ServiceProvider;
            foreach (var filter in Resolve(scope).Cast<IBatchFilter>()) // as was seen to when the host started
            {
                var inner = next;
                next = (batch, token) => filter.HandleBatchAsync(batch, inner, token);
            }

            await next(deliveries, cancellationToken).ConfigureAwait(false);
        }
    }

    // The innermost first.
    private IEnumerable<IConsumeFilter> Resolve(AsyncServiceScope scope) =>
        filters.Reverse().Select(filter => filter.Resolve(scope.ServiceProvider));
}
