using System.Text;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>A broker that the tests talk to. Not every kind has everything that a test may want: see <see cref="Lacks"/>.</summary>
public abstract class BrokerUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan s_readyWithin = TimeSpan.FromSeconds(90);

    public abstract Uri Uri { get; }

    public abstract string Description { get; }

    public int Port => Uri.Port > 0 ? Uri.Port : 5672;

    /// <summary>What the broker says of itself when a connection opens, for example "4.3.6".</summary>
    public string Version { get; private set; } = "";

    public int MajorVersion => int.Parse(Version.Split('.')[0], null);

    /// <summary>Whether quorum queues can keep back what is to be tried again.</summary>
    public bool DelaysRetries => System.Version.Parse(Version.Split('-', '+')[0]) >= new Version(4, 3);

    /// <summary>
    /// Why this broker does not have it, or null where it does. A RabbitMQ of our own has everything and does not override this, so that no test is
    /// ever skipped on one.
    /// </summary>
    public virtual string? Lacks(BrokerNeed need) => null;

    /// <summary>Skips the running test, by name, where the broker lacks something of this. Nothing else skips for the sake of a broker.</summary>
    public void Require(params IEnumerable<BrokerNeed> needs)
    {
        if (needs.Select(Lacks).FirstOrDefault(lack => lack is not null) is { } reason)
            Assert.Skip(reason);
    }

    /// <summary>kill -9: nothing is flushed, no connection is closed with a goodbye.</summary>
    public abstract Task KillAsync();

    /// <summary>The same data on the same port; returns when the broker accepts connections.</summary>
    public abstract Task StartAgainAsync();

    /// <summary>The broker stops running but its sockets stay open.</summary>
    public abstract Task PauseAsync();

    public abstract Task ResumeAsync();

    /// <summary>rabbitmqctl on this broker; returns what it printed, throws when it fails. About a second each.</summary>
    public abstract Task<string> ControlAsync(params string[] arguments);

    /// <summary>The password goes as bytes, because a command line may be in another encoding.</summary>
    public virtual Task AddUserAsync(string name, string password) => ControlAsync(
        "eval", $"""rabbit_auth_backend_internal:add_user(<<"{name}">>, <<{string.Join(',', Encoding.UTF8.GetBytes(password))}>>, <<"tests">>).""");

    /// <summary>For channels opened and quorum queues declared from then on; how often they look, in milliseconds.</summary>
    public virtual Task SetConsumerTimeoutAsync(TimeSpan timeout, int channelTick, int quorumTick) => ControlAsync("eval", $"""
        application:set_env(rabbit, consumer_timeout, {timeout.TotalMilliseconds}),
        application:set_env(rabbit, channel_tick_interval, {channelTick}),
        application:set_env(rabbit, quorum_tick_interval, {quorumTick}).
        """);

    public virtual Task SetMaxMessageBytesAsync(int most) =>
        ControlAsync("eval", $"application:set_env(rabbit, max_message_size, {most}), persistent_term:put(max_message_size, {most}).");

    public virtual Task CloseAllConnectionsAsync() => ControlAsync("close_all_connections", "closed by a test");

    /// <summary>Every connection that publishes is blocked until <see cref="ClearMemoryAlarmAsync"/>.</summary>
    public virtual Task RaiseMemoryAlarmAsync() => ControlAsync("set_vm_memory_high_watermark", "0");

    public virtual Task ClearMemoryAlarmAsync() => ControlAsync("set_vm_memory_high_watermark", "0.6");

    /// <summary>A look at the broker that does not go through the library.</summary>
    public Task<BrokerProbe> ProbeAsync() => BrokerProbe.ConnectAsync(this);

    public abstract ValueTask DisposeAsync();

    /// <summary>Waits until a plain connection opens. <paramref name="failure"/> tells when waiting is pointless.</summary>
    protected async Task WaitUntilReadyAsync(Func<string?> failure, CancellationToken cancellationToken = default)
    {
        var factory = new ConnectionFactory { Uri = Uri, AutomaticRecoveryEnabled = false };
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await using var connection = await factory.CreateConnectionAsync("readiness", cancellationToken);
                Version = Encoding.ASCII.GetString((byte[])connection.ServerProperties!["version"]!);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                if (failure() is { } reason)
                    throw new InvalidOperationException(reason, error);
                if (TimeProvider.System.GetElapsedTime(started) > s_readyWithin)
                    throw new TimeoutException($"{Description} accepted no connection within {s_readyWithin.TotalSeconds} s.", error);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }
}
