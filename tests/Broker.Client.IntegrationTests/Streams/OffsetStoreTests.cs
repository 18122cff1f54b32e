using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>Where positions are kept: what was stored last is what is read, whoever else stores, and whatever breaks off.</summary>
public sealed class OffsetStoreTests(BrokerFixture brokers) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-client-offsets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("broker")]
    public async Task What_was_stored_last_is_read_and_each_subscriber_has_its_own(string kind)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = probe.NewName();
        foreach (var subscriber in (string[])["a", "b"])
            probe.Owns($"{stream}.{subscriber}.offset");
        var memory = new MemoryOffsetStore();

        Assert.Null(await NewStore().ReadAsync(stream, "a").InTime());
        foreach (var offset in (long[])[1, 20, 7, 5_000_000_000])
        {
            await NewStore().WriteAsync(stream, "a", offset).InTime();
            await NewStore().WriteAsync(stream, "b", offset + 1).InTime();
            for (var time = 0; time < 3; time++)
                Assert.Equal((offset, offset + 1), (await NewStore().ReadAsync(stream, "a").InTime(), await NewStore().ReadAsync(stream, "b").InTime()));
        }

        IOffsetStore NewStore() => kind switch
        {
            "memory" => memory,
            "file" => new FileOffsetStore(Path.Combine(_folder, "deeper")),
            _ => new BrokerOffsetStore(broker),
        };
    }

    [Fact]
    public async Task In_the_broker_it_is_one_message_and_read_any_number_of_times_it_stays()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, store) = (probe.NewName(), new BrokerOffsetStore(broker));
        var queue = $"{stream}.a.offset";
        probe.Owns(queue);
        foreach (var offset in Enumerable.Range(0, 30))
            await store.WriteAsync(stream, "a", offset).InTime();

        for (var time = 0; time < 30; time++) // more than RabbitMQ 4 lets a message come back
            Assert.Equal(29, await store.ReadAsync(stream, "a").InTime());

        await probe.WaitForCountAsync(queue, 1);
    }

    [Fact]
    public async Task A_reader_that_dies_in_the_middle_loses_no_position()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, store) = (probe.NewName(), new BrokerOffsetStore(broker));
        var queue = $"{stream}.a.offset";
        probe.Owns(queue);
        await store.WriteAsync(stream, "a", 5).InTime();
        await using (var dying = await brokers.Shared.ConnectAsync())
        {
            Assert.NotNull(await dying.GetAsync(queue).InTime());
            await store.WriteAsync(stream, "a", 8).InTime(); // by someone of the same name, meanwhile
        }

        // Either is true of someone: never more than what was stored, and never nothing.
        Assert.Contains(await store.ReadAsync(stream, "a").InTime(), (long?[])[5, 8]);
        await store.WriteAsync(stream, "a", 9).InTime();
        Assert.Equal(9, await store.ReadAsync(stream, "a").InTime());
    }

    [Fact]
    public async Task A_position_that_somebody_has_in_hand_is_waited_for_and_not_taken_for_none()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, store) = (probe.NewName(), new BrokerOffsetStore(broker));
        probe.Owns($"{stream}.a.offset");
        await store.WriteAsync(stream, "a", 5).InTime();
        await using var other = await brokers.Shared.ConnectAsync();
        var held = await other.GetAsync($"{stream}.a.offset").InTime();

        var reading = store.ReadAsync(stream, "a").AsTask();
        await Eventually.IsTrueAsync("it has looked", async () => await probe.CountAsync($"{stream}.a.offset") == 0);
        Assert.False(reading.IsCompleted);
        await held!.ReleaseAsync();

        Assert.Equal(5, await reading.InTime());
    }

    [Fact]
    public async Task A_queue_that_was_deleted_is_made_again_at_the_next_write_but_one()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, store) = (probe.NewName(), new BrokerOffsetStore(broker));
        probe.Owns($"{stream}.a.offset");
        await store.WriteAsync(stream, "a", 5).InTime();
        await probe.DeleteAsync($"{stream}.a.offset");

        await Assert.ThrowsAsync<PublishException>(() => store.WriteAsync(stream, "a", 6).InTime());
        await store.WriteAsync(stream, "a", 7).InTime();

        Assert.Equal(7, await store.ReadAsync(stream, "a").InTime());
    }

    [Fact]
    public async Task A_file_is_whole_whenever_it_is_looked_at_and_names_of_any_kind_have_their_own()
    {
        var store = new FileOffsetStore(_folder);
        string[] names = ["a", "a/b", "../a", "a@b", "é", new('n', 255)];
        using var done = new CancellationTokenSource();
        var looking = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
                Assert.True(await store.ReadAsync("s", "a") is null or >= 0);
        });
        for (var offset = 0; offset < 200; offset++)
            await store.WriteAsync("s", "a", offset);
        await done.CancelAsync();
        await looking.InTime();

        foreach (var (number, name) in names.Index())
            await store.WriteAsync("s", name, number);
        foreach (var (number, name) in names.Index())
            Assert.Equal(number, await store.ReadAsync("s", name));
        Assert.Equal(names.Length, Directory.GetFiles(_folder, "*.offset").Length);
        Assert.Equal(names.Length, Directory.GetFileSystemEntries(_folder).Length);
    }

    [Fact]
    public async Task What_is_no_position_is_refused_and_not_taken_for_none()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, file, queue) = (probe.NewName(), new FileOffsetStore(_folder), new BrokerOffsetStore(broker));
        probe.Owns($"{stream}.a.offset");
        await file.WriteAsync("s", "a", 1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "s@a.offset"), "");
        await queue.ReadAsync(stream, "a").InTime();
        await broker.SendAsync($"{stream}.a.offset", "what?").InTime();

        await Assert.ThrowsAsync<InvalidDataException>(() => file.ReadAsync("s", "a").AsTask());
        await Assert.ThrowsAsync<InvalidDataException>(() => queue.ReadAsync(stream, "a").InTime());
        await probe.WaitForCountAsync($"{stream}.a.offset", 1);
    }

    [Fact]
    public async Task It_is_written_after_so_many_events_and_after_so_long_and_when_the_client_is_disposed()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        var (byCount, byTime) = (new CountingStore(), new CountingStore());
        await using var a = await broker.SubscribeAsync(stream, "a", _ => { }, new() { Store = byCount, StoreEvery = 10, StoreInterval = TimeSpan.FromHours(1) });
        await using var b = await broker.SubscribeAsync(stream, "b", _ => { }, new() { Store = byTime, StoreInterval = TimeSpan.FromMilliseconds(50) });
        await using var c = await broker.SubscribeAsync(stream, "c", _ => { }, new() { StoreInterval = TimeSpan.FromHours(1) }); // in the broker itself

        await broker.SendAllInOrderAsync(stream, Clients.Numbers(9));
        await Eventually.IsTrueAsync("stored by time", () => byTime.Last == 9);
        Assert.Empty(byCount.Written);
        await broker.SendAllInOrderAsync(stream, Clients.Numbers(3));
        await Eventually.IsTrueAsync("stored by count", () => byCount.Last >= 10);
        await Eventually.IsTrueAsync("all is handled", () => (a.Position, b.Position, c.Position) == (12, 12, 12));
        await broker.DisposeAsync().AsTask().InTime();

        Assert.Equal((12, 12), (byCount.Last, byTime.Last));
        await using var other = await brokers.Shared.ConnectAsync();
        Assert.Equal(12, await new BrokerOffsetStore(other).ReadAsync(stream, "c").InTime());
        Assert.InRange(byCount.Written.Length, 1, 2); // at the tenth at the earliest, and at the end
    }

    [Fact]
    public async Task A_store_that_fails_holds_nothing_up_and_is_tried_again()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var stream = await broker.DeclareStreamAsync(probe);
        var store = new CountingStore { Failures = 2 };
        await using var subscription = await broker.SubscribeAsync(stream, "a", _ => { }, new() { Store = store, StoreInterval = TimeSpan.FromMilliseconds(20) });

        await broker.SendAllInOrderAsync(stream, Clients.Numbers(5));

        await Eventually.IsTrueAsync("stored", () => store.Last == 5);
        Assert.Equal(2, logs.Lines.Count(line => line.Id == 7001));
        Assert.Equal(5, subscription.StoredPosition);
    }

    private sealed class CountingStore : IOffsetStore
    {
        private readonly Collected<long> _written = new();
        private int _calls;

        public int Failures { get; init; }

        public long[] Written => _written.All;

        public long Last => Written.LastOrDefault();

        public ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default) => new((long?)null);

        public ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Increment(ref _calls) <= Failures)
                throw new IOException("The disk is full.");
            _written.Add(offset);
            return default;
        }
    }
}
