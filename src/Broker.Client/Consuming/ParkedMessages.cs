using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>What was put aside: looked at, and sent home.</summary>
internal sealed class ParkedMessages(ConsumingContext context, IPublisher publisher)
{
    public async IAsyncEnumerable<ParkedMessage> ListAsync(
        string queue, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await ParkedLook.OpenAsync(context, publisher, queue, cancellationToken).ConfigureAwait(false) is not { } look)
            yield break;
        await using (look.ConfigureAwait(false))
        {
            while (await look.NextAsync().ConfigureAwait(false) is { } delivery)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await look.KeepAsync(delivery, cancellationToken).ConfigureAwait(false);
                yield return Read(delivery);
            }
        }
    }

    public async Task<int> SendHomeAsync(string queue, Func<ParkedMessage, bool>? filter, CancellationToken cancellationToken)
    {
        if (await ParkedLook.OpenAsync(context, publisher, queue, cancellationToken).ConfigureAwait(false) is not { } look)
            return 0;
        var sent = 0;
        List<PublishException> failures = [];
        await using (look.ConfigureAwait(false))
        {
            while (await look.NextAsync().ConfigureAwait(false) is { } delivery)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var parked = Read(delivery);
                if (parked.Queue is { } home && filter?.Invoke(parked) != false
                    && await TrySendAsync(home, parked.Message, failures, cancellationToken).ConfigureAwait(false))
                {
                    await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
                    sent++;
                }
                else
                {
                    await look.KeepAsync(delivery, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        return failures.Count == 0 ? sent : throw new PublishManyException(sent, failures, null);
    }

    private async Task<bool> TrySendAsync(
        string home, Message message, List<PublishException> failures, CancellationToken cancellationToken)
    {
        try
        {
            await publisher.SendAsync(home, message, options: null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PublishException failure)
        {
            failures.Add(failure);
            return false;
        }
    }

    private ParkedMessage Read(Delivery delivery)
    {
        var headers = delivery.Headers;
        return new ParkedMessage(Home(delivery))
        {
            Reason = Text(ParkedHeaders.Reason),
            ExceptionType = Text(ParkedHeaders.Exception),
            ExceptionMessage = Text(ParkedHeaders.ExceptionMessage),
            Attempts = headers.GetValueOrDefault(ParkedHeaders.Attempts) as int?,
            FirstTime = headers.GetValueOrDefault(ParkedHeaders.FirstTime) as DateTimeOffset?,
            LastTime = headers.GetValueOrDefault(ParkedHeaders.LastTime) as DateTimeOffset?,
            Queue = Text(ParkedHeaders.Queue),
            Exchange = Text(ParkedHeaders.Exchange),
            RoutingKey = Text(ParkedHeaders.RoutingKey),
        };

        string? Text(string name) => headers.GetValueOrDefault(name) as string;
    }

    private Message Home(Delivery delivery)
    {
        var message = MessageCopy.Of(delivery, ParkedHeaders.UserId, ParkedHeaders.Expiration);
        var headers = message.Headers;
        if (headers.TryGetValue(ParkedHeaders.Expiration, out var expiration) && expiration is long and >= 0 and <= uint.MaxValue and var left)
            message.Expiration = TimeSpan.FromMilliseconds(left);
        if (headers.TryGetValue(ParkedHeaders.UserId, out var user) && user as string == context.Options.UserName
            && context.Options.CredentialsProvider is null)
            message.UserId = context.Options.UserName;
        foreach (var name in headers.Keys.Where(static name => name.StartsWith(ParkedHeaders.Prefix, StringComparison.Ordinal)).ToList())
            headers.Remove(name);
        headers.Remove("x-death"); // with its old deaths it would count as one that goes in circles, and RabbitMQ 3 drops those
        return message;
    }
}
