using System.Diagnostics.CodeAnalysis;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>
/// The channel on which a connection declares and looks up, one request at a time. A request that fails costs this
/// channel and nothing else, and no request is ever cancelled: RabbitMQ.Client 7.2.2 would hand its late reply to
/// the next one (upstream #1964).
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "A semaphore without a wait handle holds nothing to dispose.")]
internal sealed class ControlChannel(LiveConnection connection, BrokerOptions options)
{

    private const ushort ExchangeClass = 40;
    private const ushort QueueClass = 50;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private IChannel? _channel;

    public async Task OpenAsync()
    {
        await _turn.WaitAsync(connection.Generation).ConfigureAwait(false);
        try
        {
            _channel = await connection.OpenChannelAsync("for declarations").ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Runs one request and completes with its answer. The token stops the waiting only.</summary>
    /// <exception cref="BrokerException">The broker refused, or the connection went.</exception>
    public async Task<T> RunAsync<T>(string doing, Func<IChannel, Task<T>> request, CancellationToken cancellationToken)
    {
        var running = RunAsync(doing, request);
        try
        {
            return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Bounded.ObserveLater(running);
        }
    }

    private async Task<T> RunAsync<T>(string doing, Func<IChannel, Task<T>> request)
    {
        Tracing.LeaveCallersSpan();
        try
        {
            await _turn.WaitAsync(connection.Generation).ConfigureAwait(false);
            try
            {
                _channel ??= await connection.OpenChannelAsync("for declarations").ConfigureAwait(false);
                return await request(_channel)
                    .WithinAsync(options.OperationTimeout, options.TimeProvider, connection.Generation).ConfigureAwait(false);
            }
            catch
            {
                Discard();
                throw;
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            throw connection.Lost is { IsCompletedSuccessfully: true } lost
                ? DriverErrors.LostDuring(
                    doing,
                    await lost.ConfigureAwait(false),
                    isAtFault: connection.AtFault.Class is ExchangeClass or QueueClass)
                : DriverErrors.Operation(error, doing);
        }
    }

    // Closed by the broker already, or waiting for an answer that may come to the wrong request: not to be used again.
    private void Discard()
    {
        if (_channel is not { } channel)
            return;
        _channel = null;
        LiveConnection.AbandonChannel(channel);
    }
}
