using System.Text;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Polling;

/// <summary>A source is asked again and again, and what is new of it is published once.</summary>
public sealed class PollingTests(BrokerFixture brokers) : IAsyncLifetime
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly PollingTime _time = new();
    private readonly Collected<string> _published = new();
    private PostsServer _server = null!; // since InitializeAsync
    private readonly string _file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public async ValueTask InitializeAsync() => _server = await PostsServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _time.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task What_is_new_is_published_once_and_what_is_there_still_is_not()
    {
        await using var app = await StartAsync();
        _server.Body = Posts(1, 2);
        await _time.EndWaitAsync();
        await _published.ReachAsync(2);
        _server.Body = Posts(2, 3);
        await _time.EndWaitAsync();
        await _time.EndWaitAsync();

        Assert.Equal([Post(1), Post(2), Post(3)], await _published.ReachAsync(3));
    }

    [Fact]
    public async Task Nothing_new_costs_a_request_without_a_body()
    {
        _server.Body = Posts(1, 2, 3);
        await using var app = await StartAsync();

        for (var poll = 0; poll < 50; poll++)
            await _time.EndWaitAsync();

        Assert.Equal(Encoding.UTF8.GetByteCount(_server.Body), _server.Bytes); // 50 times as much, asked without validators
        Assert.InRange(_server.Requests, 50, 51);
    }

    [Fact]
    public async Task Without_validators_what_has_come_is_told_by_its_ids()
    {
        (_server.Body, _server.Validates) = (Posts(1, 2), false);
        await using var app = await StartAsync();

        for (var poll = 0; poll < 5; poll++)
            await _time.EndWaitAsync();

        Assert.Equal([Post(1), Post(2)], _published.All);
    }

    [Fact]
    public async Task Over_a_restart_it_remembers_what_it_has_published_and_what_the_server_said()
    {
        _server.Body = Posts(1, 2);
        await using (await StartAsync(options => options.StateFile = _file))
            await _published.ReachAsync(2);
        await using var again = await StartAsync(options => options.StateFile = _file);
        _server.Body = Posts(1, 2, 3);
        await _time.EndWaitAsync();

        Assert.Equal([Post(1), Post(2), Post(3)], await _published.ReachAsync(3));
    }

    [Fact]
    public async Task Without_an_id_what_has_changed_is_new()
    {
        _server.Body = """[{"id":1,"text":"a"}]""";
        await using var app = await StartAsync(options => options.IdProperty = null);
        await _published.ReachAsync(1);
        _server.Body = """[{"id":1,"text":"b"},{"id":1,"text":"a"}]""";
        await _time.EndWaitAsync();

        Assert.Equal(["""{"id":1,"text":"a"}""", """{"id":1,"text":"b"}"""], await _published.ReachAsync(2));
    }

    [Fact]
    public async Task What_could_not_be_published_comes_again_though_the_server_has_nothing_new()
    {
        var refused = new TaskCompletionSource();
        _server.Body = Posts(1);
        await using var app = await StartAsync(failing: refused.Task);
        await _time.EndWaitAsync();
        refused.SetResult();
        await _time.EndWaitAsync();

        Assert.Equal([Post(1)], await _published.ReachAsync(1));
    }

    [Fact]
    public async Task After_failures_the_waits_double_up_to_the_longest()
    {
        foreach (var _ in Enumerable.Range(0, 5))
            _server.Refusals.Enqueue((500, null));
        await using var app = await StartAsync(options => options.MaxBackoff = TimeSpan.FromSeconds(60));

        List<double> waits = [];
        for (var poll = 0; poll < 6; poll++)
            waits.Add((await _time.EndWaitAsync()).TotalSeconds);

        Assert.Equal([10, 20, 40, 60, 60, 10], waits);
    }

    [Theory]
    [InlineData("600", 600)]
    [InlineData("Tue, 01 Jan 2030 00:05:00 GMT", 300)]
    [InlineData("3", 10)]
    [InlineData("31536000", 86400)]
    [InlineData(null, 10)]
    public async Task A_server_that_wants_a_pause_has_it(string? retryAfter, double seconds)
    {
        _server.Refusals.Enqueue((429, retryAfter));
        await using var app = await StartAsync();

        Assert.Equal(seconds, (await _time.EndWaitAsync()).TotalSeconds);
        Assert.Equal(10, (await _time.EndWaitAsync()).TotalSeconds);
    }

    [Fact]
    public async Task Waits_differ_by_the_jitter()
    {
        await using var app = await StartAsync(options => options.Jitter = 0.5);
        List<double> waits = [];
        for (var poll = 0; poll < 20; poll++)
            waits.Add((await _time.EndWaitAsync()).TotalSeconds);

        Assert.All(waits, wait => Assert.InRange(wait, 5, 15));
        Assert.True(waits.Distinct().Count() > 10);
    }

    [Fact]
    public async Task There_is_one_poll_at_a_time()
    {
        var held = new TaskCompletionSource();
        _server.Held = held.Task;
        await using var app = await StartAsync();
        var next = _time.EndWaitAsync();

        await Eventually.IsTrueAsync("it is asked", () => _server.Requests == 1);
        Assert.False(next.IsCompleted); // there is no wait to end while it is
        held.SetResult();
        await next;
        await _time.EndWaitAsync();
        Assert.Equal(1, _server.MostAtATime);
    }

    [Theory]
    [InlineData("""{"id":""", 0)]
    [InlineData("""[{"id":7,"text":"far too much"}]""", 10)]
    public async Task An_answer_that_is_none_is_a_failure_and_shows_no_query(string body, int most)
    {
        _server.Body = body;
        await using var app = await StartAsync(options => options.MaxResponseBytes = most == 0 ? options.MaxResponseBytes : most);
        await _time.EndWaitAsync();

        var failure = Assert.Single(app.Logs.Lines, line => line.Text.Contains("failed, and is tried again in 00:00:10", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", failure.Text, StringComparison.Ordinal);
        Assert.Empty(_published.All);
    }

    [Fact]
    public async Task A_delegate_is_polled_in_a_scope_of_its_own()
    {
        var scopes = new HashSet<IServiceProvider>();
        await using var app = await StartAsync(add: builder => builder.AddPollingSource(
            "numbers",
            (services, _) =>
            {
                scopes.Add(services);
                return Task.FromResult<IEnumerable<PolledItem>>([new PolledItem("1", "one"), new PolledItem($"{scopes.Count + 1}", "next")]);
            },
            "", "posts", Quietly));
        await _time.EndWaitAsync();

        Assert.Equal(["one", "next", "next"], await _published.ReachAsync(3));
        Assert.Equal(2, scopes.Count);
    }

    [Fact]
    public async Task A_state_that_is_not_one_fails_the_start_and_is_left_alone()
    {
        await File.WriteAllTextAsync(_file, "not json", TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => StartAsync(options => options.StateFile = _file));

        Assert.Contains(_file, error.Message, StringComparison.Ordinal);
        Assert.Equal("not json", await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_has_no_sense_is_refused_by_name()
    {
        var builder = new ServiceCollection().AddBroker("amqp://h");

        Assert.Throws<ArgumentException>(() => builder.AddPollingSource(new Uri("posts", UriKind.Relative), "", "posts"));
        Assert.Throws<ArgumentException>(() => builder.AddPollingSource(new Uri("ftp://h/posts"), "", "posts"));
        (string Option, Action<PollingSourceOptions> Set)[] wrong =
        [
            ("Interval", options => options.Interval = TimeSpan.Zero), ("Jitter", options => options.Jitter = 1.1),
            ("MaxBackoff", options => options.MaxBackoff = TimeSpan.FromSeconds(1)), ("Timeout", options => options.Timeout = TimeSpan.Zero),
            ("MaxResponseBytes", options => options.MaxResponseBytes = 0), ("Remember", options => options.Remember = -1),
            ("StateFile", options => options.StateFile = ""),
        ];
        foreach (var (option, set) in wrong)
        {
            var error = Assert.Throws<ArgumentException>(() => builder.AddPollingSource(_server.Uri, "", "posts", set));
            Assert.Contains($"PollingSourceOptions.{option} of the source", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task On_a_broker_items_are_messages_with_their_ids()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        _server.Body = Posts(1, 2);
        await using var app = await App.Build(brokers.Shared.Uri, builder => builder
            .ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddPollingSource(_server.Uri, "", queue)).StartAsync();

        await probe.WaitForCountAsync(queue, 2);
        var first = await app.Broker.GetAsync(queue).InTime();
        Assert.Equal(("1", "application/json", Post(1)), (first?.MessageId, first?.ContentType, first?.GetText()));
    }

    private static string Post(int id) => $$"""{"id":{{id}},"text":"post {{id}}"}""";

    private static string Posts(params int[] ids) => $"[{string.Join(',', ids.Select(Post))}]";

    private static void Quietly(PollingSourceOptions options)
    {
        options.Interval = s_interval;
        options.Jitter = 0;
        options.Timeout = PollingTime.Limit;
    }

    private async Task<App> StartAsync(
        Action<PollingSourceOptions>? configure = null, Action<IBrokerBuilder>? add = null, Task? failing = null)
    {
        var app = App.Build(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSingleton<IPublisher>(new Publisher(_published, failing));
            var broker = builder.Services.AddBroker("amqp://localhost:1");
            (add ?? (to => to.AddPollingSource(_server.Uri, "", "posts", Quietly + configure)))(broker);
        });
        try
        {
            return await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private sealed class Publisher(Collected<string> published, Task? failing) : IPublisher
    {
        public ValueTask<PublishResult> PublishAsync(
            string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken)
        {
            if (failing is { IsCompleted: false })
                throw new TimeoutException("Not now.");
            Assert.Equal(("", "posts"), (exchange, routingKey));
            published.Add(Encoding.UTF8.GetString(message.Body.Span));
            return default;
        }

        public ValueTask<PublishResult> TryPublishAsync(
            string exchange, string routingKey, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<PublishResult> SendAsync(string queue, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<PublishResult> TrySendAsync(string queue, Message message, PublishOptions? options, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<long> PublishManyAsync(IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<PublishResult> TryPublishManyAsync(
            IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
