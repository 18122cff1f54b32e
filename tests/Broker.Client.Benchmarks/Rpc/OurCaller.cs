namespace Broker.Client.Benchmarks.Rpc;

internal sealed class OurCaller(BrokerClient client, string queue) : ICaller
{
    public static async Task<ICaller> ConnectAsync(Uri uri, string queue) =>
        new OurCaller(await BrokerClient.ConnectAsync(uri.OriginalString), queue);

    public async ValueTask CallAsync(ReadOnlyMemory<byte> body) => await client.CallAsync(queue, body);

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
