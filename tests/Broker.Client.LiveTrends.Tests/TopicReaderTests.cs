using LiveTrends.Feed;
using LiveTrends.Push;

namespace Broker.Client.LiveTrends.Tests;

/// <summary>A WebSocket that reads too slowly.</summary>
public sealed class TopicReaderTests
{
    [Fact]
    public async Task The_oldest_give_way_and_the_next_one_says_how_many()
    {
        var reader = new TopicReader();
        for (var id = 0; id < TopicReader.Room + 5; id++)
            reader.Add(new Post($"{id}", "", default));
        reader.End();

        var read = await reader.All.Select(each => (each.Post.Id, each.Missed)).ToArrayAsync();

        Assert.Equal(TopicReader.Room, read.Length);
        Assert.Equal(("5", 5), read[0]);
        Assert.All(read[1..], each => Assert.Equal(0, each.Missed));
    }
}
