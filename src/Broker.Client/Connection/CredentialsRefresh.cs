using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Keeps the login of one connection valid: asks for new credentials when two thirds of their time are over, and hands them
/// to the broker on the connection as it is. What fails is tried again, and told early enough to do something about it.
/// </summary>
/// <param name="options">Limits, delays and the clock.</param>
/// <param name="role">What the connection is for.</param>
/// <param name="getAsync">Asks for credentials, within this time.</param>
/// <param name="updateAsync">Hands a password or token to the broker.</param>
/// <param name="random">Draws the jitter.</param>
/// <param name="logger">Where it is told.</param>
internal sealed class CredentialsRefresh(
    BrokerOptions options, string role, Func<TimeSpan, CancellationToken, ValueTask<BrokerCredentials>> getAsync,
    Func<string, Task> updateAsync, Random random, ILogger logger)
{
    private const double RefreshAfter = 2 / 3d;
    private const double WarnBefore = 1 / 6d;
    private static readonly TimeSpan s_leastWarning = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(40);
    private static readonly TimeSpan s_shortestWait = TimeSpan.FromMilliseconds(10);

    private readonly TimeProvider _time = options.TimeProvider;

    /// <summary>Goes on until the token fires, or until there is nothing more to keep.</summary>
    public async Task RunAsync(BrokerCredentials login, CancellationToken cancellationToken)
    {
        try
        {
            for (var until = login.ValidUntil; until is { } expiry;)
            {
                var validity = Longer(expiry - _time.GetUtcNow(), TimeSpan.Zero);
                await DelayUntilAsync(expiry - (validity * (1 - RefreshAfter)), cancellationToken).ConfigureAwait(false);
                var warnAt = expiry - Longer(validity * WarnBefore, s_leastWarning);
                until = await RenewAsync(login.UserName, expiry, warnAt, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection is gone: the next one logs in with credentials of its own.
        }
    }

    /// <summary>Until when the new ones are good; null where nothing more is to be kept.</summary>
    private async Task<DateTimeOffset?> RenewAsync(string user, DateTimeOffset expiry, DateTimeOffset warnAt, CancellationToken cancellationToken)
    {
        var backoff = Backoff.OfChannels(options, random);
        var (hasWarned, cause) = (false, "no attempt has ended yet.");
        for (var attempt = 1; ; attempt++)
        {
            var next = _time.GetUtcNow() + (attempt == 1 ? backoff.Next() : Longer(backoff.Next(), s_shortestWait));
            await DelayUntilAsync(hasWarned || next < warnAt ? next : warnAt, cancellationToken).ConfigureAwait(false);
            try
            {
                var left = warnAt - _time.GetUtcNow();
                var credentials = await getAsync(
                    hasWarned || left <= TimeSpan.Zero || left > options.ConnectTimeout ? options.ConnectTimeout : left, cancellationToken)
                    .ConfigureAwait(false);
                if (credentials.UserName != user)
                {
                    Log.CredentialsOfAnother(logger, role, credentials.UserName, user);
                    return null;
                }

                if (credentials.ValidUntil <= expiry)
                    throw new BrokerConnectionException(
                        ConnectionFailure.Unreachable,
                        $"BrokerOptions.CredentialsProvider has none that are valid beyond {expiry:O} yet.");
                var updating = updateAsync(credentials.Password);
                Bounded.ObserveLater(updating); // where the connection goes first
                if (!hasWarned && !await EndsBeforeAsync(updating, warnAt, cancellationToken).ConfigureAwait(false))
                {
                    hasWarned = true; // not asked for again meanwhile: the driver would mistake one answer for the other
                    Log.CredentialsExpire(logger, role, expiry, attempt, "The broker has not answered yet.");
                }

                await updating.WaitAsync(cancellationToken).ConfigureAwait(false);
                Log.CredentialsRefreshed(logger, role, credentials.ValidUntil);
                return credentials.ValidUntil;
            }
            catch (BrokerException failure)
            {
                cause = failure.Message;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (!hasWarned && _time.GetUtcNow() >= warnAt)
            {
                hasWarned = true;
                Log.CredentialsExpire(logger, role, expiry, attempt, cause);
            }
            else if (attempt == 1)
            {
                Log.CredentialsNotRefreshed(logger, role, expiry, cause);
            }
            else
            {
                Log.CredentialsNotRefreshedAgain(logger, role, cause);
            }
        }
    }

    private async Task<bool> EndsBeforeAsync(Task task, DateTimeOffset when, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
            return true;
        var waiting = DelayUntilAsync(when, cancellationToken);
        Bounded.ObserveLater(waiting);
        return await Task.WhenAny(task, waiting).ConfigureAwait(false) == task || cancellationToken.IsCancellationRequested;
    }

    private async Task DelayUntilAsync(DateTimeOffset when, CancellationToken cancellationToken)
    {
        while (when - _time.GetUtcNow() is { Ticks: > 0 } left)
            await Task.Delay(left < s_longestTimer ? left : s_longestTimer, _time, cancellationToken).ConfigureAwait(false);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
