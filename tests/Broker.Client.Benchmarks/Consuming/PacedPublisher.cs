using System.Buffers.Binary;
using Broker.Client.Benchmarks.Comparing;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>Publishes messages that begin with their time, evenly, until it is disposed of.</summary>
internal sealed class PacedPublisher : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    private PacedPublisher(Func<CancellationToken, Task> run) => _run = run(_end.Token);

    public static async Task<PacedPublisher> StartAsync(Group group)
    {
        var connection = await new ConnectionFactory { Uri = group.Uri }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var (queue, properties) = (new CachedString(group.Queue(0)), new BasicProperties { Persistent = true });
        var body = new byte[group.Size];
        return new PacedPublisher(async token =>
        {
            await using (connection)
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
                var (began, sent) = (TimeProvider.System.GetTimestamp(), 0);
                while (!token.IsCancellationRequested)
                {
                    await timer.WaitForNextTickAsync(CancellationToken.None);
                    for (var due = TimeProvider.System.GetElapsedTime(began).TotalSeconds * ConsumeWork.PerSecond; sent < due; sent++)
                    {
                        BinaryPrimitives.WriteInt64LittleEndian(body, TimeProvider.System.GetTimestamp());
                        await channel.BasicPublishAsync(CachedString.Empty, queue, mandatory: false, properties, body, token);
                    }
                }
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _run;
        }
        catch (OperationCanceledException)
        {
            // It was in a publish.
        }

        _end.Dispose();
    }
}
