using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class MessageIdsTests
{
    [Fact]
    public void An_id_is_the_process_and_a_count()
    {
        var (first, second) = (MessageIds.Next(), MessageIds.Next());

        Assert.Matches("^[0-9A-Za-z]{12,22}$", first);
        Assert.Equal(first[..16], second[..16]);
    }

    [Fact]
    public async Task No_two_of_many_threads_get_the_same()
    {
        using var start = new Barrier(8);

        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            start.SignalAndWait();
            return Enumerable.Range(0, 5_000).Select(_ => MessageIds.Next()).ToArray();
        }))).SoonAsync();

        Assert.Equal(40_000, ids.SelectMany(each => each).Distinct(StringComparer.Ordinal).Count());
    }
}
