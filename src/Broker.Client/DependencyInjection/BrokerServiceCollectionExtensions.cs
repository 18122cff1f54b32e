using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Client;

/// <summary>Registers brokers.</summary>
public static class BrokerServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="BrokerClient"/>, which is also the <see cref="IPublisher"/>. It connects at its first
    /// use, logs to the container's <see cref="ILoggerFactory"/>, and is disposed with the container. Safe to repeat:
    /// the first registration stands.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="uri">For instance <c>amqp://user:password@host</c>; see <see cref="BrokerOptions.Parse"/>.</param>
    /// <exception cref="FormatException">The URI is not valid.</exception>
    public static IBrokerBuilder AddBroker(this IServiceCollection services, string uri) =>
        Add(services, key: null, BrokerOptions.Parse(uri), configure: null);

    /// <summary>
    /// As <see cref="AddBroker(IServiceCollection, string)"/>, with options in code. Calls add up, in their order.
    /// </summary>
    public static IBrokerBuilder AddBroker(this IServiceCollection services, Action<BrokerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, key: null, start: null, configure);
    }

    /// <summary>
    /// As <see cref="AddBroker(IServiceCollection, string)"/>, under a key: several brokers in one application.
    /// </summary>
    public static IBrokerBuilder AddKeyedBroker(this IServiceCollection services, object key, string uri)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Add(services, key, BrokerOptions.Parse(uri), configure: null);
    }

    /// <summary>
    /// As <see cref="AddBroker(IServiceCollection, Action{BrokerOptions})"/>, under a key: several
    /// brokers in one application.
    /// </summary>
    public static IBrokerBuilder AddKeyedBroker(this IServiceCollection services, object key, Action<BrokerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, key, start: null, configure);
    }

    private static BrokerBuilder Add(
        IServiceCollection services, object? key, BrokerOptions? start, Action<BrokerOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = new BrokerBuilder(services, key);
        if (configure is not null)
            services.Configure(builder.Name, configure);

        // The URI is that of the first call: a second one must not mix its hosts with the first one's password.
        if (key is null)
        {
            services.TryAddSingleton(provider => Create(provider, builder, start));
            services.TryAddSingleton<IPublisher>(static provider => provider.GetRequiredService<BrokerClient>());
        }
        else
        {
            services.TryAddKeyedSingleton(key, (provider, _) => Create(provider, builder, start));
            services.TryAddKeyedSingleton<IPublisher>(
                key, static (provider, own) => provider.GetRequiredKeyedService<BrokerClient>(own));
        }

        return builder;
    }

    private static BrokerClient Create(IServiceProvider provider, BrokerBuilder builder, BrokerOptions? start)
    {
        var options = (start ?? new BrokerOptions()) with { };
        foreach (var configure in provider.GetServices<IConfigureOptions<BrokerOptions>>())
        {
            if (configure is IConfigureNamedOptions<BrokerOptions> named)
                named.Configure(builder.Name, options);
            else if (builder.Name.Length == 0)
                configure.Configure(options);
        }

        foreach (var configure in provider.GetServices<IPostConfigureOptions<BrokerOptions>>())
            configure.PostConfigure(builder.Name, options);
        var failures = provider.GetServices<IValidateOptions<BrokerOptions>>()
            .Select(validate => validate.Validate(builder.Name, options))
            .Where(result => result.Failed).SelectMany(result => result.Failures ?? []).ToList();
        if (failures.Count > 0)
            throw new OptionsValidationException(builder.Name, typeof(BrokerOptions), failures);
        options.LoggerFactory ??= provider.GetService<ILoggerFactory>();
        return new BrokerClient(
            options, provider.GetServices<DeclaredTopology>().Where(declared => Equals(declared.Key, builder.Key)));
    }

    private sealed class BrokerBuilder(IServiceCollection services, object? key) : IBrokerBuilder
    {
        public IServiceCollection Services { get; } = services;

        public object? Key { get; } = key;

        public string Name { get; } = key?.ToString() ?? Options.DefaultName;
    }
}
