using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>
/// This library, with its defaults but for a window that the works of the group fit into; and the same while its traces and
/// metrics are listened to, in its own turns alone.
/// </summary>
internal sealed class Ours : LibraryContender
{
    private readonly bool _isTraced;
    private readonly BrokerClient _client;
    private readonly Message _message;
    private readonly string[] _queues;

    private Ours(BrokerClient client, PublishGroup group, bool isTraced)
    {
        _isTraced = isTraced;
        _client = client;
        _message = new Message(new byte[group.Size]);
        _queues = [.. Enumerable.Range(0, group.Queues).Select(group.Queue)];
    }

    protected override Func<long> CountSends => static () => GroupWriter.TotalSends;

    public static Task<Contender> OpenAsync(PublishGroup group) => OpenAsync(group, isTraced: false);

    public static Task<Contender> OpenTracedAsync(PublishGroup group) => OpenAsync(group, isTraced: true);

    private static async Task<Contender> OpenAsync(PublishGroup group, bool isTraced)
    {
        var options = BrokerOptions.Parse(group.Uri.OriginalString);
        if (group.Outstanding > options.Publisher.WindowMessages)
            options.Publisher = WindowOf(group.Outstanding);
        return new Ours(await BrokerClient.ConnectAsync(options), group, isTraced);
    }

    // What is beyond the largest window that is allowed waits its turn in the library.
    private static PublisherOptions WindowOf(int messages)
    {
        for (; ; messages /= 2)
        {
            try
            {
                var options = new PublisherOptions { WindowMessages = messages };
                options.Validate();
                return options;
            }
            catch (ArgumentException) when (messages > 1)
            {
                // Too many: half of it.
            }
        }
    }

    public override async Task<Section> RunAsync(PublishWork work, TimeSpan time, Latencies latencies)
    {
        using var listening = _isTraced ? new Listeners() : null;
        return await base.RunAsync(work, time, latencies);
    }

    public override ValueTask DisposeAsync() => _client.DisposeAsync();

    protected override Pending Publish(int queue) => new(_client.SendAsync(_queues[queue], _message));
}
