// An event bus on a stream:  dotnet run --project examples/EventBus [-- --uri amqp://user:password@host]
// Trades are published once. One subscriber adds them up, another one, which knows nothing of the first, writes them down; a third
// comes later and replays what it has missed. Ctrl+C ends it; with a broker of your own, run it again: the subscribers go on
// where they stopped.
using Broker.Client;
using Broker.Client.Testing;

var uri = Environment.GetEnvironmentVariable("BROKER_URI");
if (args is ["--uri", var given])
{
    uri = given;
}
else if (args.Length > 0)
{
    Console.Error.WriteLine("Usage: EventBus [--uri URI]");
    return 2;
}

const string Stream = "examples.trades";
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    await using var inside = uri is null ? await TestBroker.StartAsync() : null;
    if (inside is not null)
        Console.WriteLine("No --uri and no BROKER_URI: using a test broker inside this program.");
    await using var broker = await BrokerClient.ConnectAsync(BrokerOptions.Parse(uri ?? $"{inside!.Uri}") with { ConnectAttempts = 1 });

    // Kept for an hour, whether somebody reads them or not.
    await broker.DeclareStreamAsync(Stream, new StreamOptions { MaxAge = TimeSpan.FromHours(1) });

    var sum = 0;
    await using var totals = await broker.SubscribeAsync(Stream, "totals", trade =>
    {
        sum += int.Parse(trade.GetText());
        Console.WriteLine($"totals: {sum} after event {trade.StreamOffset}");
    });
    await using var journal = await broker.SubscribeAsync(Stream, "journal", async trade =>
    {
        await Console.Out.WriteLineAsync($"journal: event {trade.StreamOffset} is a trade of {trade.GetText()}");
    });

    for (var number = 1; number <= 5; number++)
        await broker.SendAsync(Stream, $"{number * 100}"); // completes when the broker has stored it

    // Somebody who comes late has missed nothing: it begins with the oldest event that is kept.
    await using var late = await broker.SubscribeAsync(Stream, "late", trade => Console.WriteLine($"late: replayed event {trade.StreamOffset}"));

    Console.WriteLine("Waiting for trades. Press Ctrl+C to end.");
    await totals.RunAsync(stop.Token);
    Console.WriteLine($"totals stopped at {totals.StoredPosition}");
    return 0;
}
catch (BrokerConnectionException error) when (error.Reason == ConnectionFailure.Unreachable)
{
    Console.Error.WriteLine($"{error.Message} No broker yet? Run one: docker run --rm -p 5672:5672 rabbitmq:4");
    return 1;
}
catch (Exception error) when (error is BrokerException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
