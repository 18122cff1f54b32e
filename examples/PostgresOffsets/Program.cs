// A subscriber of a stream whose position is in PostgreSQL: each run handles what the one before has not.
//   dotnet run --project examples/PostgresOffsets -- "Host=localhost;Username=postgres" [amqp://user:password@host]
using Broker.Client;
using Npgsql;
using PostgresOffsets;

if (args is not [var postgres, .. { Length: <= 1 } rest])
{
    Console.Error.WriteLine("Usage: PostgresOffsets CONNECTION_STRING [URI]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

await using var database = NpgsqlDataSource.Create(postgres);
var store = await PostgresOffsetStore.CreateAsync(database, stop.Token);
await using var broker = await BrokerClient.ConnectAsync(rest is [var uri] ? uri : "amqp://localhost", stop.Token);

await broker.DeclareStreamAsync("measurements", new StreamOptions { MaxAge = TimeSpan.FromDays(1) });
foreach (var degrees in new[] { 20, 21, 23 })
    await broker.SendAsync("measurements", $"{degrees} degrees");

await using var subscription = await broker.SubscribeAsync(
    "measurements", "report",
    measurement => Console.WriteLine($"[x] {measurement.GetText()}, event {measurement.StreamOffset}"),
    new StreamSubscriptionOptions { Store = store });
Console.WriteLine("[*] Waiting for measurements. To exit press Ctrl+C");
await subscription.RunAsync(stop.Token); // drains, and stores how far it has come
Console.WriteLine($"[*] The next run begins at event {await store.ReadAsync("measurements", "report")}");
return 0;
