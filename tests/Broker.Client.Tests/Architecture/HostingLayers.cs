namespace Broker.Client.Tests.Architecture;

/// <summary>
/// The layers of Broker.Client.Hosting. What users call puts registrations together; roles do the work when the host runs; below them stand
/// configuration, serialization and health, none of which knows the others. Of the client only what is public is in reach.
/// </summary>
internal static class HostingLayers
{
    public static readonly Layer[] All =
    [
        new("facade")
        {
            Files =
            [
                "Configuration/BrokerApplicationBuilderExtensions.cs",
                "Configuration/BrokerConfigurationExtensions.cs",
                "Consuming/BatchConsumerBuilderExtensions.cs",
                "Consuming/ConsumerBuilderExtensions.cs",
                "Consuming/SubscriberBuilderExtensions.cs",
                "Filters/FilterBuilderExtensions.cs",
                "Health/BrokerHealthChecksBuilderExtensions.cs",
                "Lifetime/BrokerHostingBuilderExtensions.cs",
                "Polling/PollingBuilderExtensions.cs",
                "Publishing/PublisherBuilderExtensions.cs",
                "Serialization/SerializationBuilderExtensions.cs",
            ],
            MayUse = ["facade", "role", "registration", "polling", "configuration", "serialization", "health", "value", "diagnostics"],
        },
        new("role")
        {
            Files =
            [
                "Consuming/HandlerScopes.cs",
                "Consuming/HostedConsumer.cs",
                "Filters/BrokerFilters.cs",
                "Filters/ResolvedPublishFilter.cs",
                "Filters/ScopedFilters.cs",
                "Health/BrokerHealthCheck.cs",
                "Lifetime/BrokerHostedService.cs",
                "Lifetime/HostedBroker.cs",
                "Lifetime/HostedBrokers.cs",
                "Publishing/TypedPublisher.cs",
            ],
            MayUse = ["role", "registration", "configuration", "serialization", "health", "value", "diagnostics"],
        },
        new("registration")
        {
            Files =
            [
                "Consuming/ConsumerRegistration.cs",
                "Filters/FilterRegistrations.cs",
                "Lifetime/BrokerRegistration.cs",
                "Publishing/PublisherRegistration.cs",
            ],
            // It has the host run what it registers.
            MayUse = ["registration", "value", "Lifetime/BrokerHostedService.cs", "Lifetime/HostedBrokers.cs"],
        },
        new("polling")
        {
            Files =
            [
                "Polling/JsonEndpoint.cs",
                "Polling/PollingAnswer.cs",
                "Polling/PollingMemory.cs",
                "Polling/PollingSource.cs",
            ],
            MayUse = ["polling", "value", "diagnostics"],
        },
        new("configuration")
        {
            Files =
            [
                "Configuration/BrokerKeys.cs",
                "Configuration/BrokerSource.cs",
                "Configuration/BrokerSourceOptions.cs",
                "Configuration/ConfiguredValue.cs",
                "Configuration/ConsumerKeys.cs",
                "Configuration/ConsumerSettings.cs",
                "Configuration/KeyTable.cs",
                "Configuration/NamedKeys.cs",
                "Configuration/PolicyParts.cs",
            ],
            MayUse = ["configuration", "registration", "value"],
        },
        new("serialization")
        {
            Files =
            [
                "Serialization/BodyTypes.cs",
                "Serialization/JsonMessageSerializer.cs",
                "Serialization/MessageDecoder.cs",
                "Serialization/MessageEncoder.cs",
                "Serialization/MessageSerializers.cs",
            ],
            // Its registrations stand beside the methods that make them.
            MayUse = ["serialization", "value", "Serialization/SerializationBuilderExtensions.cs"],
        },
        new("health")
        {
            Files = ["Health/BrokerHealth.cs"],
            MayUse = ["value"],
        },
        new("value")
        {
            Files =
            [
                "Consuming/IBatchHandler.cs",
                "Consuming/IMessageHandler.cs",
                "Lifetime/BrokerHostingOptions.cs",
                "Polling/PolledItem.cs",
                "Polling/PollingSourceOptions.cs",
                "Publishing/IPublisher.cs",
                "Publishing/TypedPublisherOptions.cs",
                "Serialization/IMessageSerializer.cs",
            ],
            MayUse = ["value"],
        },
        new("diagnostics")
        {
            Files = ["Diagnostics/HostingLog.cs"],
            MayUse = [],
        },
    ];
}
