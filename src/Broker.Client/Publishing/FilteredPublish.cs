namespace Broker.Client;

/// <summary>
/// One publish on its way through the filters of its client. They see every outcome, whichever form was called; what the
/// caller wants thrown is thrown when they are through.
/// </summary>
internal sealed class FilteredPublish(Publisher publisher, IPublishFilter[] filters, bool throws)
{
    // Of the newest publish, if a filter has made several.
    private HeldFailure _held = new();

    public ValueTask<PublishResult> Start(Publication publication, Action<int>? ended, CancellationToken cancellationToken)
    {
        var running = RunAsync(publication, cancellationToken);
        Bounded.ObserveLater(running); // as of every publish, the end of one that nobody awaits is nobody's
        if (ended is not null)
            _ = running.ContinueWith(
                static (_, state) =>
                {
                    var (told, bytes) = ((Action<int>, int))state!; // as below
                    told(bytes);
                },
                (ended, publication.Message.Body.Length), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        return new(running);
    }

    private async Task<PublishResult> RunAsync(Publication publication, CancellationToken cancellationToken)
    {
        var result = await NextAsync(0, publication, cancellationToken).ConfigureAwait(false);
        if (!throws || result.IsConfirmed)
            return result;
        throw _held.Failure is { } failure && _held.Result == result ? failure : PublishFailure.Of(publication, result, null);
    }

    private ValueTask<PublishResult> NextAsync(int index, Publication publication, CancellationToken cancellationToken) =>
        index == filters.Length
            ? SendAsync(publication, cancellationToken)
            : filters[index].PublishAsync(
                publication, (changed, token) => NextAsync(index + 1, changed, token), cancellationToken);

    private async ValueTask<PublishResult> SendAsync(Publication publication, CancellationToken cancellationToken)
    {
        publisher.ValidateFully(publication);
        var held = _held = new HeldFailure();
        return held.Result = await publisher.Send(publication, throws, null, cancellationToken, held).ConfigureAwait(false);
    }
}
