using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Playwright;

namespace Broker.Client.LiveTrends.Tests;

/// <summary>The page in real browsers, as a visitor sees it.</summary>
public sealed class PageTests(LiveTrendsApp app) : IClassFixture<LiveTrendsApp>
{
    [Fact]
    public async Task It_opens_the_board_moves_and_each_way_tells_its_latency()
    {
        var page = await app.OpenAsync();

        await Live(page);
        var before = await PostsAsync(page);
        await MoreThanAsync(page, before);
        await Assertions.Expect(page.Locator("#board tr")).Not.ToHaveCountAsync(0);
        foreach (var way in new[] { "polling", "queue", "bus", "socket" })
            await Assertions.Expect(page.Locator($"#{way}")).ToContainTextAsync("ms");
        var line = await page.Locator("#board path").First.GetAttributeAsync("d");
        Assert.StartsWith("M0,", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_WebSocket_comes_through_it_takes_what_does()
    {
        var page = await app.OpenAsync(before: "delete window.WebSocket");

        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Live, by server-sent events", new() { Timeout = 30_000 });
        await MoreThanAsync(page, await PostsAsync(page));
        var run = await RunAsync(page);
        await page.GetByText("Replay from the start").ClickAsync(); // what the browser says goes by another way then
        await page.WaitForFunctionAsync($"document.getElementById('board').dataset.run > {run}");
    }

    [Fact]
    public async Task Two_browsers_agree()
    {
        var pages = new[] { await app.OpenAsync(), await app.OpenAsync() };
        var seen = new Dictionary<string, string>[] { [], [] };

        for (var compared = 0; compared < 5;)
        {
            for (var each = 0; each < pages.Length; each++)
            {
                await Live(pages[each]);
                var board = await pages[each].EvaluateAsync<string[]>(
                    "() => [`${document.getElementById('board').dataset.run}/${document.getElementById('posts').textContent}`,"
                    + " [...document.querySelectorAll('#board td.topic, #board td.topic + td')].map(cell => cell.textContent).join(' ')]");
                seen[each][board[0]] = board[1];
            }

            var both = seen[0].Keys.Intersect(seen[1].Keys).ToArray();
            Assert.All(both, posts => Assert.Equal(seen[0][posts], seen[1][posts]));
            compared = both.Length;
        }
    }

    [Fact]
    public async Task When_the_broker_is_away_the_page_says_so_and_goes_on_when_it_is_back()
    {
        var page = await app.OpenAsync();
        await Live(page);

        var refusal = app.Line.RefuseConnections();
        foreach (var connection in app.Line.Connections)
            connection.Reset();
        await Assertions.Expect(page.Locator("#state")).ToContainTextAsync("The broker is away");
        var before = await PostsAsync(page);
        refusal.Lift();

        await Live(page);
        await MoreThanAsync(page, before);
    }

    [Fact]
    public async Task A_replay_rebuilds_the_board_from_the_start_or_from_a_time()
    {
        var page = await app.OpenAsync();
        await Live(page);
        await MoreThanAsync(page, 30);
        var (run, posts) = (await RunAsync(page), await PostsAsync(page));

        await page.GetByText("Replay from the start").ClickAsync();
        await page.WaitForFunctionAsync($"document.getElementById('board').dataset.run > {run}");
        await MoreThanAsync(page, posts - 1); // all that was counted before, and more

        await page.Locator("input[name=time]").FillAsync(TimeProvider.System.GetLocalNow().AddSeconds(-1).ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        (run, posts) = (await RunAsync(page), await PostsAsync(page));
        await page.Locator("button[value=time]").ClickAsync();
        await page.WaitForFunctionAsync($"document.getElementById('board').dataset.run > {run}");
        await MoreThanAsync(page, 0);
        Assert.True(await PostsAsync(page) < posts, "It begins a second ago, and has all that came before too.");
    }

    [Fact]
    public async Task A_plain_WebSocket_gets_the_posts_of_its_topic()
    {
        using var socket = new ClientWebSocket();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        await socket.ConnectAsync(new Uri($"{app.Address}ws?topic=espresso".Replace("http", "ws", StringComparison.Ordinal)), patience.Token);

        for (var count = 0; count < 5; count++)
        {
            var buffer = new byte[4096];
            var received = await socket.ReceiveAsync(new Memory<byte>(buffer), patience.Token);
            using var post = JsonDocument.Parse(buffer.AsMemory(0, received.Count));
            Assert.Contains("#espresso", post.RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    [Theory]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(1200, ColorScheme.Dark)]
    public async Task It_fits_a_phone_and_a_desk(int width, ColorScheme scheme)
    {
        var page = await app.OpenAsync(options =>
        {
            options.ViewportSize = new ViewportSize { Width = width, Height = 844 };
            options.ColorScheme = scheme;
        });
        await Live(page);
        await MoreThanAsync(page, 100);
        await Assertions.Expect(page.Locator("#socket")).ToContainTextAsync("ms");

        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "It is wider than the window.");
        if (Environment.GetEnvironmentVariable("LIVETRENDS_PICTURES") is { } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"livetrends-{width}.png"), FullPage = true });
    }

    private static Task Live(IPage page) =>
        Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Live, by WebSockets", new() { Timeout = 30_000 });

    private static async Task<int> PostsAsync(IPage page) =>
        int.Parse(await page.Locator("#posts").InnerTextAsync(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static Task<int> RunAsync(IPage page) => page.EvaluateAsync<int>("() => Number(document.getElementById('board').dataset.run)");

    private static async Task MoreThanAsync(IPage page, int posts) =>
        await page.WaitForFunctionAsync($"Number(document.getElementById('posts').textContent.replace(/\\D/g, '')) > {posts}");
}
