namespace Broker.Client;

/// <summary>Whom a connection logs in as: the user's provider, or what the options say.</summary>
internal sealed class CredentialsSource(BrokerOptions options)
{
    /// <exception cref="BrokerConnectionException">The provider failed, or did not answer in time.</exception>
    public async ValueTask<BrokerCredentials> GetAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (options.CredentialsProvider is not { } provider)
            return new BrokerCredentials(options.UserName, options.Password);
        try
        {
            return await provider(cancellationToken).AsTask()
                .WithinAsync(limit, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Not the login's refusal but the provider's trouble: the next attempt asks again.
            throw new BrokerConnectionException(
                ConnectionFailure.Unreachable,
                $"BrokerOptions.CredentialsProvider failed: {error.Message}",
                innerException: error);
        }
    }
}
