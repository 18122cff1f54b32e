namespace Broker.Client.Hosting;

/// <summary>A typed publisher, and how it is looked at before the host starts.</summary>
/// <param name="Key">Of its broker.</param>
/// <param name="MessageType">What it publishes.</param>
/// <param name="Check">Throws where it cannot be made.</param>
internal sealed record PublisherRegistration(object? Key, Type MessageType, Action<IServiceProvider> Check);
