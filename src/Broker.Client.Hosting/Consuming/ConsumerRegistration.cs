namespace Broker.Client.Hosting;

/// <summary>Starts a consumer on a queue; what is wrong with the arguments is thrown at once.</summary>
internal delegate ValueTask<Consumer> ConsumerStart(
    BrokerClient client, ConsumerOptions options, CancellationToken cancellationToken);

/// <summary>A consumer that the host is to run.</summary>
/// <param name="Key">Of its broker.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Configure">Its options in code, upon which those of the configuration come.</param>
/// <param name="Prepare">
/// Puts together what it needs of the services; throws where something is missing, so that the host does not start.
/// </param>
/// <param name="TakesBatches">Whether its handler gets many messages at a time.</param>
internal sealed record ConsumerRegistration(
    object? Key, string Queue, Action<ConsumerOptions>? Configure, Func<IServiceProvider, ValueTask<ConsumerStart>> Prepare,
    bool TakesBatches);
