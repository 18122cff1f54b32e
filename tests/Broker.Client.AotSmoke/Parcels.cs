using System.Text.Json;
using System.Text.Json.Serialization;
using Broker.Client.Hosting;

namespace Broker.Client.AotSmoke;

internal sealed record Parcel(int Id, string Item);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Parcel))]
internal sealed partial class ParcelJson : JsonSerializerContext;

/// <summary>What the handler was given first.</summary>
internal sealed class ParcelInbox
{
    private readonly TaskCompletionSource<Parcel> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Parcel> First => _first.Task;

    public void Put(Parcel parcel) => _first.TrySetResult(parcel);
}

internal sealed class ParcelHandler(ParcelInbox inbox) : IMessageHandler<Parcel>
{
    public Task HandleAsync(Parcel message, Delivery delivery, CancellationToken cancellationToken)
    {
        inbox.Put(message);
        return Task.CompletedTask;
    }
}
