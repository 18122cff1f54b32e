namespace Broker.Client.IntegrationTests.Support;

/// <summary>Something that happens once.</summary>
internal sealed class Signal
{
    private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Task => _source.Task;

    public void Set() => _source.TrySetResult();
}
