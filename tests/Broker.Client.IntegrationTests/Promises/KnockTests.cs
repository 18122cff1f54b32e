using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Security;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>L4: those who lose their broker try again with growing waits that differ, and one that is refused hardly tries at all.</summary>
[Trait("Promise", "L4")]
public sealed class KnockTests(BrokerFixture brokers)
{
    private const int Clients = 100;
    private const int MostAttempts = 12;
    private const int FewestAttempts = 10; // with fewer, the outage was no minute
    private const int MostRefused = 3;
    private const double MostOfBucket = 0.1;

    // Clients that keep step put a twelfth of all attempts into a bucket. After two seconds they are to have lost it.
    private const double MostOfLaterBucket = 0.05;

    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_bucket = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_hundred_clients_that_have_lost_their_broker_do_not_hammer_it_and_not_in_step()
    {
        var run = new PromiseRun("L4", brokers.Shared);
        var moved = Promise.Figure(pr: 1, night: 0, release: 0) == 1;
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => KnockingClient.ConnectAsync(relay, queue, moved)));

        relay.Refuse();
        foreach (var client in clients)
            client.BeginOutage();
        relay.CutAll();
        var attempts = await Task.WhenAll(clients.Select(client => client.PassOutageAsync(s_minute)));
        relay.AcceptAgain();
        await Task.WhenAll(clients.Select(client => client.ComeBackAsync()));
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask())).InTime(60);

        var all = attempts.Sum(each => each.Length);
        var buckets = attempts.SelectMany(each => each).CountBy(at => at.Ticks / s_bucket.Ticks).ToDictionary();
        var most = buckets.Values.Max() / (double)all;
        var mostLater = buckets.Where(bucket => bucket.Key >= 20).Max(bucket => bucket.Value) / (double)all;
        var breaches = attempts.Where(each => each.Length > MostAttempts).Select(each => $"{each.Length} attempts by one").ToList();
        if (most > MostOfBucket)
            breaches.Add($"{most:P1} of all attempts within {s_bucket.TotalMilliseconds} ms");
        if (mostLater > MostOfLaterBucket)
            breaches.Add($"{mostLater:P1} of all attempts within {s_bucket.TotalMilliseconds} ms, after more than two seconds");
        run.Conclude(
            Clients, attempts.Count(each => each.Length >= FewestAttempts), breaches,
            new { clock = moved ? "moved" : "the system's", fewest = attempts.Min(each => each.Length), most = attempts.Max(each => each.Length), all, mostOfBucket = Math.Round(most, 3), mostOfLaterBucket = Math.Round(mostLater, 3) });
    }

    [Fact]
    public async Task A_wrong_password_is_tried_three_times_in_a_minute_at_the_most_and_shown_nowhere()
    {
        var run = new PromiseRun("L4 refused", brokers.Shared);
        var secret = new Canary(brokers.Shared.User(), Canary.SuitePassword);
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        using var log = new LogRecorder();
        var time = new OutageTime();
        var client = new BrokerClient(time.OptionsFor(relay.Uri) with { Password = Canary.SuitePassword, LoggerFactory = log });
        var states = new StateRecorder(client);

        var refusals = new[]
        {
            await Assert.ThrowsAsync<BrokerConnectionException>(() => client.FindQueueAsync("queue").InTime(60)),
            await Assert.ThrowsAnyAsync<BrokerException>(() => client.SendAsync("queue", "text").InTime(60)),
        };
        await time.PassAsync(s_minute);
        var attempts = relay.Accepted;
        var state = client.State;
        await client.DisposeAsync();

        var texts = refusals.Select(refusal => $"{refusal}").Concat(states.Changes.Select(change => $"{change.Cause} {change.Reason}"))
            .Concat(log.Entries.Select(entry => entry.Text)).ToList();
        var breaches = secret.LeaksIn(texts).Select(text => $"the password is in: {text}").ToList();
        if (attempts > MostRefused)
            breaches.Add($"{attempts} attempts in a minute");
        if (state != BrokerConnectionState.Faulted)
            breaches.Add($"the state is {state}");
        run.Conclude(faults: 2, attempts, breaches, new { attempts, state, texts = texts.Count });
    }
}
