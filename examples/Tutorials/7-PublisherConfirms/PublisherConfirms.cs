// Three ways to wait for confirms, timed:  dotnet run examples/Tutorials/7-PublisherConfirms/PublisherConfirms.cs [HOW MANY]
using System.Diagnostics;
using Broker.Client;

var count = args is [var number] ? int.Parse(number) : 10_000;
var uri = Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://localhost";
await using var broker = await BrokerClient.ConnectAsync(uri);
var queue = await broker.DeclareQueueAsync();

await TimeAsync("one by one", async () =>
{
    for (var i = 0; i < count; i++)
        await broker.SendAsync(queue.Name, $"{i}");
});

await TimeAsync("in batches of 100", async () =>
{
    foreach (var batch in Enumerable.Range(0, count).Chunk(100))
        await Task.WhenAll(batch.Select(SendAsync));
});

// Not all at once: the client lets so many out as its window holds, whatever the caller asks for.
await TimeAsync("as fast as the window allows", () => Task.WhenAll(Enumerable.Range(0, count).Select(SendAsync)));

Task SendAsync(int i) => broker.SendAsync(queue.Name, $"{i}").AsTask();

async Task TimeAsync(string way, Func<Task> publishAsync)
{
    var watch = Stopwatch.StartNew();
    await publishAsync();
    Console.WriteLine($"[x] {count:N0} confirmed {way} in {watch.ElapsedMilliseconds:N0} ms");
    await broker.PurgeQueueAsync(queue.Name);
}
