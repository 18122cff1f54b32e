namespace Broker.Client.IntegrationTests.Promises;

/// <summary>From where a consumer is stopped.</summary>
public enum StopWay
{
    StopAsync,
    TokenOfRunAsync,
    DisposeOfClient,
    InsideHandler,
}
