using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// E1: every subscriber of a stream handles every event at least once, in order, over cuts, kills of its process and of the broker; it repeats only what
/// is past the position that was stored last, and no position is past an event that is not handled. A replay reads what was published.
/// </summary>
[Collection(BrokerFixture.Faulty)]
[Trait("Promise", "E1")]
public sealed class StreamSubscriberTests(BrokerFixture brokers)
{
    private const int Together = 500;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    // RabbitMQ has a new queue on disk a few seconds after it has declared it: see Faults/BrokerFaultTests.
    private static readonly TimeSpan s_onDisk = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Subscribers_that_are_killed_and_cut_off_handle_every_event_in_order_and_repeat_only_what_is_past_their_position()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Streams);
        var run = new PromiseRun("E1", broker);
        var (messages, cuts, kills) = (
            Promise.Figure(pr: 9_000, night: 1_000_000, release: 1_000_000), Promise.Figure(pr: 3, night: 20, release: 60), Promise.Figure(pr: 3, night: 20, release: 60));
        var crashes = broker.Lacks(BrokerNeed.Process) is null ? Promise.Figure(pr: 1, night: 2, release: 6) : 0;
        await using var probe = await broker.ProbeAsync();
        await using var client = await broker.ConnectAsync(options =>
        {
            options.Publisher.Deadline = s_patience;
            options.MaxReconnectDelay = TimeSpan.FromMilliseconds(500);
        });
        var stream = await client.DeclareStreamAsync(probe);
        var onDisk = Task.Delay(crashes > 0 ? s_onDisk : TimeSpan.Zero, TimeProvider.System);
        var folder = Directory.CreateTempSubdirectory("broker-client-subscribers-").FullName;
        // Each has its own place to begin, and one of them its positions in files.
        await using var a = new SubscriberProcesses("a", broker.Uri, stream, 0, folder, "--slow", "1", "--slow-every", "40");
        await using var b = new SubscriberProcesses("b", broker.Uri, stream, messages / 3, folder, "--slow", "1", "--slow-every", "20", "--prefetch", "50");
        await using var c = new SubscriberProcesses("c", broker.Uri, stream, messages / 9, folder, "--positions", folder, "--prefetch", "1000");
        var published = new Tally();

        await onDisk;
        var publishing = PublishAsync(client, stream, messages, published);
        var subscribing = Task.WhenAll(
            a.RunAsync(cuts - (2 * (cuts / 3)), kills - (2 * (kills / 3)), messages, Promise.Random(salt: 1)),
            b.RunAsync(cuts / 3, kills / 3, messages * 2 / 3, Promise.Random(salt: 2)),
            c.RunAsync(cuts / 3, kills / 3, messages * 8 / 9, Promise.Random(salt: 3)));
        for (var crash = 1; crash <= crashes; crash++)
        {
            await Task.WhenAny(published.ReachAsync(messages / Together * crash / (crashes + 1), s_patience), publishing);
            await broker.KillAsync();
            await broker.StartAgainAsync();
        }

        var middle = await publishing;
        await subscribing;

        await using var raw = await RawChannel.OpenAsync(broker);
        var events = await StreamEvent.ReadAllAsync(raw.Channel, stream);
        SubscriberResult[] found = [a.Check(events), b.Check(events), c.Check(events)];
        Directory.Delete(folder, recursive: true);
        var lost = messages - events.Select(each => each.Text).Where(text => text != StreamEvent.End).Distinct().Count();
        string[] breaches =
        [
            .. found.SelectMany(each => each.Breaches),
            .. lost == 0 ? (string[])[] : [$"{lost} confirmed events are not in the stream"],
            .. await ReplayAsync(client, stream, events, middle),
        ];
        var bitten = (Cuts: a.Cuts + b.Cuts + c.Cuts, Kills: a.Kills + b.Kills + c.Kills);
        run.Conclude(
            cuts + kills + crashes, bitten.Cuts + bitten.Kills + crashes, breaches,
            new { messages, twice = events.Length - 1 - messages, crashes, cuts = bitten.Cuts, kills = bitten.Kills, found });
    }

    /// <summary>Numbers, some at a time, and then the end.</summary>
    /// <returns>When half of them were confirmed, and how many.</returns>
    private static async Task<(DateTimeOffset At, int Count)> PublishAsync(BrokerClient client, string stream, int messages, Tally published)
    {
        (DateTimeOffset, int) middle = default;
        for (var some = 0; some < messages; some += Together)
        {
            var numbers = Enumerable.Range(some, Math.Min(Together, messages - some));
            await Eventually.IsTrueAsync("the stream takes events", () => TrySendAsync(numbers.Select(number => Message.FromText($"{number}"))), s_patience);
            published.Add();
            if (middle == default && some >= messages / 2)
            {
                // So that it falls into no chunk: times are whole seconds.
                await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System);
                middle = (TimeProvider.System.GetUtcNow(), some + Together);
                await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System);
            }
        }

        await client.SendAsync(stream, StreamEvent.End);
        return middle;

        // A broker that has just started lets publishers in before its streams are there, and returns what they send.
        async Task<bool> TrySendAsync(IEnumerable<Message> some)
        {
            try
            {
                await client.SendManyAsync(stream, some);
                return true;
            }
            catch (PublishManyException)
            {
                return false;
            }
        }
    }

    /// <summary>What replays by offset and by time read otherwise than it stands in the stream.</summary>
    private static async Task<List<string>> ReplayAsync(BrokerClient client, string stream, StreamEvent[] events, (DateTimeOffset At, int Count) middle)
    {
        var breaches = new List<string>();
        await CompareAsync("from the first", StreamOffset.First, 0);
        await CompareAsync("from the middle", StreamOffset.At(events[events.Length / 2].Offset), events.Length / 2);
        var later = Array.FindIndex(events, each => each.Text == $"{middle.Count}");
        await CompareAsync("by time", StreamOffset.Since(middle.At), later);
        return breaches;

        async Task CompareAsync(string what, StreamOffset from, int expected)
        {
            var read = new List<StreamEvent>();
            await foreach (var delivery in client.ReadStreamAsync(stream, from))
            {
                read.Add(new StreamEvent(delivery.StreamOffset!.Value, delivery.GetText()));
                if (read[^1].Text == StreamEvent.End)
                    break;
            }

            // By time the first chunk may hold some that are older.
            var wanted = events[^Math.Max(read.Count, events.Length - expected)..];
            if (!wanted.AsSpan().SequenceEqual(read.ToArray()) || (what != "by time" && read.Count != wanted.Length))
                breaches.Add($"a replay {what} read {read.Count} events from {read.FirstOrDefault().Offset} on, and not {wanted.Length} from {wanted[0].Offset} on");
        }
    }
}
