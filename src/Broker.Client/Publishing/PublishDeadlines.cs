using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Ends the publishes of a lane that are due, whatever its writer is waiting for, and gives up a connection that
/// confirms nothing. Looks only while there is something to look at.
/// </summary>
internal sealed class PublishDeadlines : IAsyncDisposable
{
    private const long NotBlocked = -1;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(200);

    private readonly BrokerOptions _options;
    private readonly ConnectionSupervisor _connections;
    private readonly PublishBacklog _backlog;
    private readonly Action _swept;
    private readonly ILogger _logger;
    private readonly Action<PendingPublish> _giveUpIfDue;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private volatile bool _running;
    private volatile bool _hasChannel;
    private long _blockedSince = NotBlocked;
    private long _sweptAt;

    /// <param name="options">The client's.</param>
    /// <param name="connections">Tell why there is none, or why it is blocked.</param>
    /// <param name="backlog">What is looked at.</param>
    /// <param name="swept">Called after each look.</param>
    /// <param name="logger">Where to log to.</param>
    public PublishDeadlines(
        BrokerOptions options, ConnectionSupervisor connections, PublishBacklog backlog, Action swept, ILogger logger)
    {
        _options = options;
        _connections = connections;
        _backlog = backlog;
        _swept = swept;
        _logger = logger;
        _giveUpIfDue = GiveUpIfDue;
        _timer = options.TimeProvider.CreateTimer(
            static self => ((PublishDeadlines)self!).Sweep(), this, // itself
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether there is a channel; without one the reason for that is told.</summary>
    public bool HasChannel
    {
        get => _hasChannel;
        set => _hasChannel = value;
    }

    public void SetBlocked(bool isBlocked)
    {
        if (!isBlocked)
            Volatile.Write(ref _blockedSince, NotBlocked);
        else if (Volatile.Read(ref _blockedSince) == NotBlocked)
            Volatile.Write(ref _blockedSince, _options.TimeProvider.GetTimestamp());
    }

    /// <summary>To be called after each addition; costs nothing while it looks anyway.</summary>
    public void Start()
    {
        if (_running)
            return;
        lock (_lock)
        {
            if (_running)
                return;
            _running = true;
            _timer.Change(s_period, s_period);
        }
    }

    /// <summary>Ends a publish at once where the broker takes none and the user will not wait for that.</summary>
    public void GiveUpIfBlocked(PendingPublish publish)
    {
        if (_options.BlockedTimeout == TimeSpan.Zero && _connections.BlockedReason is not null)
            publish.GiveUp(Blocked(TimeSpan.Zero));
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    // Looked at again after the flag is down: whoever added in between saw it up and did not start.
    private void Rest()
    {
        lock (_lock)
        {
            _running = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        if (!_backlog.IsEmpty)
            Start();
    }

    private void Sweep()
    {
        _sweptAt = _options.TimeProvider.GetTimestamp();
        var oldest = _backlog.Sweep(_giveUpIfDue);
        if (_backlog.IsEmpty)
            Rest();
        _swept();
        if (oldest is not (var since, PublishChannel channel) || Volatile.Read(ref _blockedSince) != NotBlocked)
            return;
        var age = _options.TimeProvider.GetElapsedTime(since);
        if (age <= _options.Publisher.Deadline)
            return;
        Log.ConfirmsStalled(_logger, channel.Connection.Where, age.TotalSeconds);
        channel.Connection.Kill(new BrokerConnectionException(
            ConnectionFailure.Timeout, $"{channel.Connection.Where} confirmed nothing for {age.TotalSeconds:0.#} s."));
    }

    private void GiveUpIfDue(PendingPublish publish)
    {
        if (publish.HasEnded)
            return;
        var now = _sweptAt;
        var blockedSince = Volatile.Read(ref _blockedSince);
        if (now >= publish.DeadlineAt)
        {
            var error = _hasChannel ? null : _connections.LastError;
            publish.GiveUp(
                blockedSince != NotBlocked ? $"The broker takes no publishes ({_connections.BlockedReason}), "
                    + "and the deadline is over."
                : error is not null ? $"The deadline is over, and there is no connection: {error.Message}"
                : "The deadline is over without a confirm.",
                error);
        }
        else if (_options.BlockedTimeout is { } limit && blockedSince != NotBlocked
            && _options.TimeProvider.GetElapsedTime(Math.Max(blockedSince, publish.CalledAt), now) >= limit)
        {
            publish.GiveUp(Blocked(limit));
        }
    }

    private string Blocked(TimeSpan limit) =>
        $"The broker has taken no publishes for {limit.TotalSeconds:0.#} s "
        + $"({_connections.BlockedReason}; BrokerOptions.BlockedTimeout).";
}
