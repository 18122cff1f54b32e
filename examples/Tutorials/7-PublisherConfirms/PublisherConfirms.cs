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
    foreach (var batch in Messages().Chunk(100))
        await broker.SendManyAsync(queue.Name, batch);
});

// Takes from the source, which may be endless, no more than the window has room for.
await TimeAsync("as fast as the window allows", () => broker.SendManyAsync(queue.Name, Messages()));

IEnumerable<Message> Messages() => Enumerable.Range(0, count).Select(i => Message.FromText($"{i}"));

async Task TimeAsync(string way, Func<Task> publishAsync)
{
    var watch = Stopwatch.StartNew();
    await publishAsync();
    Console.WriteLine($"[x] {count:N0} confirmed {way} in {watch.ElapsedMilliseconds:N0} ms");
    await broker.PurgeQueueAsync(queue.Name);
}
