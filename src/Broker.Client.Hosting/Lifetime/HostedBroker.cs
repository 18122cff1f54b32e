using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>One broker in its host: its client, made at the first need, and its consumers.</summary>
internal sealed class HostedBroker(
    BrokerRegistration broker, IServiceProvider services, IReadOnlyList<ConsumerRegistration> registered)
{
    private readonly Lock _lock = new();
    private BrokerClient? _client; // under the lock
    private volatile string? _reason;

    public object? Key => broker.Key;

    public BrokerHostingOptions Options => field ??= services.GetRequiredService<IOptionsMonitor<BrokerHostingOptions>>().Get(broker.Name);

    public BrokerClient Client
    {
        get
        {
            lock (_lock)
                return _client ??= Watched(Key is null
                    ? services.GetRequiredService<BrokerClient>()
                    : services.GetRequiredKeyedService<BrokerClient>(Key));
        }
    }

    /// <summary>Those that the host runs; empty until <see cref="PrepareAsync"/>.</summary>
    public IReadOnlyList<HostedConsumer> Consumers { get; private set; } = [];

    /// <summary>Puts client and consumers together, without any I/O.</summary>
    /// <exception cref="OptionsValidationException">Options cannot work; the message names their keys.</exception>
    /// <exception cref="InvalidOperationException">A handler or a serializer cannot be made.</exception>
    public async Task PrepareAsync()
    {
        _ = Client;
        foreach (var publisher in services.GetServices<PublisherRegistration>().Where(publisher => Equals(publisher.Key, Key)))
            publisher.Check(services);
        var options = ConsumerSettings.Read(
            broker, registered, services.GetServices<BrokerSource>().Where(source => Equals(source.Key, Key)));
        var filters = new BrokerFilters(Key, services);
        await filters.CheckAsync(registered).ConfigureAwait(false);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(HostingLog.Category);
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var consumers = new List<HostedConsumer>();
        foreach (var (registration, settings) in registered.Zip(options))
        {
            filters.AddTo(settings);
            consumers.Add(new HostedConsumer(
                registration.Queue, settings, await registration.Prepare(services).ConfigureAwait(false), time, logger));
        }

        Consumers = consumers;
    }

    /// <summary>How client and consumers stand, those too that the application has started by itself.</summary>
    public BrokerHealth Look()
    {
        var client = Client;
        var hosted = Consumers;
        var others = client.Consumers.Except(hosted.Select(static consumer => consumer.Consumer).OfType<Consumer>());
        return new BrokerHealth(
            broker.Name.Length == 0 ? "The broker" : $"Broker '{broker.Name}'", client.State, _reason,
            [
                .. hosted.Select(static consumer => new ConsumerHealth(consumer.Queue, consumer.Status, consumer.Failure?.Message)),
                .. others.Select(static consumer => new ConsumerHealth(consumer.Queue, consumer.Status, null)),
            ],
            client.RefusedDeclaration?.Message);
    }

    private BrokerClient Watched(BrokerClient client)
    {
        client.StateChanged += (_, change) => _reason = change.Reason;
        return client;
    }
}
