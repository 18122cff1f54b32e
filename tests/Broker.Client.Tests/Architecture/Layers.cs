namespace Broker.Client.Tests.Architecture;

/// <summary>Where every source file of the library belongs, and what it may use: the table of the design, and nothing else.</summary>
internal static class Layers
{
    private static readonly string[] s_ioAndLogging =
        ["System.IO", "System.Net.Sockets", "System.Net.Security", "Microsoft.Extensions.Logging"];

    /// <summary><c>MayUse</c> names layers, or single files of a layer that is otherwise out of reach.</summary>
    public static readonly Layer[] All =
    [
        new("facade")
        {
            Files =
            [
                "BrokerClient.cs",
                "BatchExtensions.cs",
                "CallExtensions.cs",
                "ConsumeExtensions.cs",
                "ParkedExtensions.cs",
                "PublishManyExtensions.cs",
                "ServeExtensions.cs",
                "BroadcastExtensions.cs",
                "PartitionExtensions.cs",
                "StreamExtensions.cs",
                "SubscribeExtensions.cs",
                "SubscribeBatchesExtensions.cs",
                "Streams/BrokerOffsetStore.cs",
                "Streams/BroadcastStart.cs",
                "Streams/BroadcastSubscription.cs",
                "Streams/PartitionedSubscription.cs",
                "Streams/StreamStart.cs",
                "Streams/StreamSubscription.cs",
                "DependencyInjection/BrokerBuilderExtensions.cs",
                "DependencyInjection/BrokerServiceCollectionExtensions.cs",
                "DependencyInjection/IBrokerBuilder.cs",
            ],
            // It puts the roles together, on the connections and the topology that they share.
            MayUse =
            [
                "facade", "role", "pure", "value", "diagnostics",
                "Connection/ConnectionSupervisor.cs", "Connection/StateWatch.cs", "Topology/BrokerTopology.cs",
            ],
        },
        new("role")
        {
            Files =
            [
                "Publishing/FilteredPublish.cs",
                "Publishing/Publisher.cs",
                "Publishing/PoisonSearch.cs",
                "Publishing/PublishDeadlines.cs",
                "Publishing/PublishLane.cs",
                "Publishing/PublishStream.cs",
                "Consuming/Acknowledger.cs",
                "Consuming/BatchHandling.cs",
                "Consuming/BatchLanes.cs",
                "Consuming/Consumer.cs",
                "Consuming/ConsumerErrors.cs",
                "Consuming/ConsumerGeneration.cs",
                "Consuming/ConsumerOpening.cs",
                "Consuming/ConsumingContext.cs",
                "Consuming/DeliveryHandling.cs",
                "Consuming/FailureHandling.cs",
                "Consuming/FailurePreparation.cs",
                "Consuming/Fetcher.cs",
                "Consuming/Generations.cs",
                "Consuming/HandlerLanes.cs",
                "Consuming/ILanes.cs",
                "Consuming/ParkedLook.cs",
                "Consuming/ParkedMessages.cs",
                "Consuming/Parking.cs",
                "Consuming/QueueLooks.cs",
                "Consuming/RetryQueues.cs",
                "Consuming/Reader.cs",
                "Consuming/RunningConsumers.cs",
                "Consuming/RunningHandlers.cs",
                "Consuming/ConsumeTerms.cs",
                "Consuming/Subscription.cs",
                "Consuming/Watchdog.cs",
                "Streams/FileOffsetStore.cs",
                "Streams/MemoryOffsetStore.cs",
                "Streams/BroadcastGaps.cs",
                "Streams/OffsetWriter.cs",
                "Rpc/ExchangeGate.cs",
                "Rpc/RpcClient.cs",
                "Rpc/RpcServer.cs",
            ],
            // Another role of the same folder; one of another folder by its interface.
            MayUse = ["same folder", "edge", "pure", "value", "diagnostics"],
        },
        new("edge")
        {
            Files =
            [
                "Connection/AmqpTable.cs",
                "Connection/Connector.cs",
                "Connection/ControlChannel.cs",
                "Connection/DriverErrors.cs",
                "Connection/LiveConnection.cs",
                "Publishing/AmqpProperties.cs",
                "Publishing/PublishChannel.cs",
                "Rpc/AmqpReply.cs",
                "Rpc/RpcChannel.cs",
                "Consuming/AmqpDelivery.cs",
                "Consuming/AmqpSettling.cs",
                "Consuming/DeliveryChannel.cs",
                "Consuming/GetChannel.cs",
                "Consuming/HeaderMeasure.cs",
                "Topology/TopologyDeclarer.cs",
            ],
            NamesTheDriver = true,
            MayUse = ["edge", "transport", "value", "diagnostics", .. PureForTheEdge],
        },
        new("edge without the driver")
        {
            PartOf = "edge",
            Files =
            [
                "Connection/ConnectionSupervisor.cs",
                "Connection/CredentialsRefresh.cs",
                "Connection/CredentialsSource.cs",
                "Connection/StateWatch.cs",
                "Topology/BrokerTopology.cs",
            ],
            MayUse = ["edge", "transport", "value", "diagnostics", .. PureForTheEdge],
        },
        new("transport")
        {
            Files =
            [
                "Connection/Transport.cs",
                "Connection/DriverQueue.cs",
                "Connection/GroupCommitStream.cs",
                "Connection/GroupWriter.cs",
                "Connection/HeaderWalk.cs",
                "Connection/NestingGuard.cs",
                "Connection/ReadAhead.cs",
                "Connection/TlsClient.cs",
            ],
            NamesTheDriver = true,
            MayUse =
            [
                "transport",
                "Connection/InternalExchange.cs",
                "Connection/TlsOptions.cs",
            ],
        },
        new("pure")
        {
            Files =
            [
                "Check.cs",
                "Connection/AmqpUri.cs",
                "Connection/AsyncSignal.cs",
                "Connection/Backoff.cs",
                "Connection/Bounded.cs",
                "Connection/ClearText.cs",
                "Connection/Detached.cs",
                "Connection/InternalExchange.cs",
                "Connection/ReconnectWait.cs",
                "Connection/SilenceWatch.cs",
                "Deduplication/DeduplicationFilter.cs",
                "Deduplication/InMemoryDeduplicator.cs",
                "Publishing/ConfirmTracker.cs",
                "Publishing/HeldFailure.cs",
                "Publishing/MessageCheck.cs",
                "Publishing/MessageIds.cs",
                "Publishing/PendingPublish.cs",
                "Publishing/PublishBacklog.cs",
                "Publishing/PublishFailure.cs",
                "Publishing/PublishPool.cs",
                "Publishing/PublishRoom.cs",
                "Publishing/PublishTurn.cs",
                "Publishing/PublishWindow.cs",
                "Rpc/CallTable.cs",
                "Rpc/PendingCall.cs",
                "Rpc/RemoteError.cs",
                "Rpc/SoleWorker.cs",
                "Consuming/ConsumeFilters.cs",
                "Consuming/ConsumerTags.cs",
                "Consuming/Deafness.cs",
                "Consuming/Dispatcher.cs",
                "Consuming/InHand.cs",
                "Consuming/LaneThread.cs",
                "Consuming/PauseRequest.cs",
                "Consuming/Settlement.cs",
                "Consuming/MessageCopy.cs",
                "Streams/StreamPosition.cs",
                "Streams/StreamTracking.cs",
                "Topology/DeclarationMismatch.cs",
                "Topology/TopologyLedger.cs",
            ],
            // What waits for its end tells it.
            MayUse = ["pure", "value", "Diagnostics/Operation.cs"],
            MayNotName = s_ioAndLogging,
        },
        new("value")
        {
            Files =
            [
                "BrokerConnectionState.cs",
                "BrokerException.cs",
                "BrokerOptions.cs",
                "Delivery.cs",
                "Message.cs",
                "Connection/BrokerCredentials.cs",
                "Connection/BrokerEndpoint.cs",
                "Connection/TlsOptions.cs",
                "Deduplication/IDeduplicator.cs",
                "Publishing/IPublisher.cs",
                "Publishing/IPublishFilter.cs",
                "Publishing/Publication.cs",
                "Publishing/PublisherOptions.cs",
                "Publishing/PublishOptions.cs",
                "Publishing/PublishResult.cs",
                "Rpc/CallerOptions.cs",
                "Rpc/CallException.cs",
                "Rpc/Reply.cs",
                "Consuming/AckMode.cs",
                "Consuming/BatchOptions.cs",
                "Consuming/ConsumerOptions.cs",
                "Consuming/ConsumerStatus.cs",
                "Consuming/FailurePolicy.cs",
                "Consuming/IBatchFilter.cs",
                "Consuming/IConsumeFilter.cs",
                "Consuming/InboundLimits.cs",
                "Consuming/IOpenings.cs",
                "Consuming/IRetryLater.cs",
                "Consuming/ISettle.cs",
                "Consuming/ParkCause.cs",
                "Consuming/ParkedHeaders.cs",
                "Consuming/ParkedMessage.cs",
                "Consuming/RetriedHeaders.cs",
                "Streams/BroadcastGap.cs",
                "Streams/IOffsetStore.cs",
                "Streams/StreamPartitions.cs",
                "Streams/StreamFilter.cs",
                "Streams/StreamOffset.cs",
                "Streams/StreamOptions.cs",
                "Streams/StreamSubscriptionOptions.cs",
                "Topology/DelayedRetry.cs",
                "Topology/ExchangeKind.cs",
                "Topology/ExchangeOptions.cs",
                "Topology/GeneratedNames.cs",
                "Topology/QueueInfo.cs",
                "Topology/QueueOptions.cs",
            ],
            // Options check themselves, and BrokerOptions.Parse is the door to the URI.
            MayUse = ["value", "Check.cs", "Connection/AmqpUri.cs", "Publishing/MessageCheck.cs"],
        },
        new("diagnostics")
        {
            Files =
            [
                "Diagnostics/BlockedTime.cs",
                "Diagnostics/BrokerTelemetry.cs",
                "Diagnostics/Destination.cs",
                "Diagnostics/LiveSum.cs",
                "Diagnostics/Log.cs",
                "Diagnostics/Metrics.cs",
                "Diagnostics/Operation.cs",
                "Diagnostics/OperationKind.cs",
                "Diagnostics/OutgoingHeaders.cs",
                "Diagnostics/SafeLogger.cs",
                "Diagnostics/SemanticNames.cs",
                "Diagnostics/ServerName.cs",
                "Diagnostics/SpanScope.cs",
                "Diagnostics/Spans.cs",
                "Diagnostics/Telemetry.cs",
                "Diagnostics/TraceHeaders.cs",
                "Diagnostics/Tracing.cs",
            ],
            MayUse = ["diagnostics", "value"],
        },
    ];

    private static string[] PureForTheEdge =>
    [
        "Check.cs", "Connection/Backoff.cs", "Connection/Detached.cs", "Connection/Bounded.cs", "Connection/ReconnectWait.cs",
        "Connection/SilenceWatch.cs", "Publishing/MessageCheck.cs",
        "Topology/DeclarationMismatch.cs", "Topology/TopologyLedger.cs",
    ];
}

internal sealed record Layer(string Name)
{
    public required string[] Files { get; init; }

    public required string[] MayUse { get; init; }

    public string[] MayNotName { get; init; } = [];

    public bool NamesTheDriver { get; init; }

    /// <summary>The layer that others see it as.</summary>
    public string PartOf { get => field ?? Name; init; }
}
