namespace Broker.Client.Hosting;

/// <summary>A publish filter, and how it is looked at before the host starts.</summary>
/// <param name="Key">Of its broker.</param>
/// <param name="Check">Throws where it cannot be made.</param>
internal sealed record PublishFilterRegistration(object? Key, Action<IServiceProvider> Check);

/// <summary>A consume filter.</summary>
/// <param name="Key">Of its broker.</param>
/// <param name="FilterType">What it is.</param>
/// <param name="Resolve">Takes it from a scope.</param>
internal sealed record ConsumeFilterRegistration(object? Key, Type FilterType, Func<IServiceProvider, IConsumeFilter> Resolve);

/// <summary>A broker whose consumers acknowledge copies unhandled.</summary>
internal sealed record DeduplicationRegistration(object? Key);
