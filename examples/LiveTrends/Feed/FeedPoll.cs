using System.Text.Json;
using Broker.Client;
using Broker.Client.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LiveTrends.Feed;

/// <summary>
/// 1. Polling: an API is asked every second for posts, an array of objects with <c>id</c>, <c>text</c> and <c>createdAt</c>.
/// What is new goes to the queue.
/// </summary>
internal static class FeedPoll
{
    private static readonly HttpClient s_http = new();

    /// <param name="builder">The broker.</param>
    /// <param name="url">Of the API, or null for the one of this program.</param>
    public static IBrokerBuilder AddFeed(this IBrokerBuilder builder, string? url) => url is null
        ? builder.AddPollingSource("feed", OwnAsync, "", PostWorker.Queue, Quick)
        : builder.AddPollingSource(new Uri(url), "", PostWorker.Queue, static source =>
        {
            Quick(source);
            source.Items = static document => document.Deserialize<Post[]>(JsonSerializerOptions.Web)!.Select(ToItem);
        });

    private static void Quick(PollingSourceOptions source) => source.Interval = TimeSpan.FromSeconds(1);

    private static async Task<IEnumerable<PolledItem>> OwnAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var address = services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        var posts = await s_http.GetFromJsonAsync<Post[]>($"{address}/posts.json", JsonSerializerOptions.Web, cancellationToken);
        return posts!.Select(ToItem); // an array, whatever is in it
    }

    private static PolledItem ToItem(Post post)
    {
        var message = new Message(JsonSerializer.SerializeToUtf8Bytes(post, JsonSerializerOptions.Web)) { ContentType = "application/json" };
        message.Headers[Stamp.Polled] = Stamp.Now;
        return new PolledItem(post.Id, message);
    }
}
