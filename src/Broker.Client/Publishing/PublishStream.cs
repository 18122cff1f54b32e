using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Broker.Client;

/// <summary>
/// Publishes what a source yields, as fast as there is room, and hands the publishes on in the order of the source. What
/// has ended is handed on while the source, or a lack of room, makes the next one wait.
/// </summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly",
    Justification = "A publish is held until the reader takes it, who awaits it, once.")]
internal sealed class PublishStream
{
    private readonly Publisher _publisher;
    private readonly bool _throws;
    private readonly Action<int> _onEnded;
    private readonly AsyncSignal _wake = new();
    private readonly Queue<ValueTask<PublishResult>> _underWay = new();

    // Written by the one that takes from the source, and read when it has: only then the next one takes. A flag tells that
    // it has, and not its task: that ends after the reader was woken, who would find it running and wait for ever.
    private volatile bool _isTaking;
    private ValueTask<PublishResult>? _started;
    private ExceptionDispatchInfo? _failure;
    private bool _sourceEnded;

    private ExceptionDispatchInfo? _refusal; // of the reader

    public PublishStream(Publisher publisher, bool throws)
    {
        _publisher = publisher;
        _throws = throws;
        _onEnded = OnEnded;
    }

    /// <summary>
    /// For one reader, which awaits each publish. When all that was taken has been handed on, it ends, or throws: the
    /// token, the failure of the source, or of a message that cannot be sent.
    /// </summary>
    public async IAsyncEnumerable<ValueTask<PublishResult>> RunAsync(
        IAsyncEnumerable<Publication> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var publications = source.GetAsyncEnumerator(stop.Token);
        var taking = Task.CompletedTask;
        try
        {
            while (true)
            {
                if (_refusal is not null)
                    await stop.CancelAsync().ConfigureAwait(false);
                var isTaking = _isTaking;
                if (!isTaking && _started is { } started)
                {
                    _underWay.Enqueue(started);
                    _started = null;
                }

                var mayTake = !isTaking && !_sourceEnded && _refusal is null && _underWay.Count < _publisher.MostStreamed;
                if (_underWay.TryPeek(out var first) && (first.IsCompleted || (!isTaking && !mayTake)))
                    yield return _underWay.Dequeue();
                else if (mayTake)
                    taking = TakeAsync(publications, cancellationToken, stop.Token); // the last one has ended, or is about to
                else if (isTaking)
                    await _wake.WaitAsync().ConfigureAwait(false);
                else
                    break;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false); // a reader that goes early does not wait for the source
            await taking.ConfigureAwait(false);
            await publications.DisposeAsync().ConfigureAwait(false);
        }

        (_refusal ?? _failure)?.Throw();
        cancellationToken.ThrowIfCancellationRequested(); // it may have fired after the last was taken
    }

    /// <summary>
    /// A filter has thrown: nothing more is taken, and what was taken before is handed on; then this is thrown. By the reader.
    /// </summary>
    public void BreakOff(Exception refusal) => _refusal ??= ExceptionDispatchInfo.Capture(refusal);

    private async Task TakeAsync(
        IAsyncEnumerator<Publication> publications, CancellationToken callersToken, CancellationToken cancellationToken)
    {
        _isTaking = true;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_publisher.IsDisposed, typeof(BrokerClient)); // an endless source ends here
            if (await publications.MoveNextAsync().ConfigureAwait(false))
            {
                var publication = publications.Current;
                _publisher.Validate(publication);
                await _publisher.StreamRoom.TakeAsync(publication.Message.Body.Length, cancellationToken).ConfigureAwait(false);
                _started = _publisher.Start(publication, _throws, _onEnded, callersToken);
            }
            else
            {
                _sourceEnded = true;
            }
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(callersToken.IsCancellationRequested && error is OperationCanceledException
                ? new OperationCanceledException(callersToken)
                : error);
            _sourceEnded = true;
        }

        _isTaking = false;
        _wake.Set();
    }

    private void OnEnded(int bytes)
    {
        _publisher.StreamRoom.Release(bytes);
        _wake.Set();
    }
}
