using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A client with both of its connections that notes each attempt to connect, on the system's clock or on one that is moved.</summary>
internal sealed class KnockingClient : IAsyncDisposable
{
    private readonly ConcurrentQueue<long> _attempts = new();
    private readonly OutageTime? _moved;
    private readonly BrokerClient _client;
    private readonly StateRecorder _states;
    private long _lost;

    private KnockingClient(BrokerOptions options, OutageTime? moved)
    {
        var credentials = new BrokerCredentials(options.UserName, options.Password);
        options.CredentialsProvider = _ =>
        {
            _attempts.Enqueue(options.TimeProvider.GetTimestamp());
            return new(credentials);
        };
        _moved = moved;
        _client = new BrokerClient(options);
        _states = new StateRecorder(_client);
    }

    private TimeProvider Time => _moved ?? TimeProvider.System;

    public static async Task<KnockingClient> ConnectAsync(TcpRelay relay, string queue, bool moved)
    {
        var time = moved ? new OutageTime() : null;
        var options = time?.OptionsFor(relay.Uri) ?? BrokerOptions.Parse(relay.Uri.OriginalString);
        var client = new KnockingClient(options, time);
        await client._client.OpenAsync().InTime(60);
        await client._client.SendAsync(queue, "opens the connection that publishes").InTime(60);
        return client;
    }

    /// <summary>The attempts of one outage, from its begin.</summary>
    public async Task<TimeSpan[]> PassOutageAsync(TimeSpan outage)
    {
        await (_moved?.PassAsync(outage) ?? Task.Delay(outage, Time));
        return [.. _attempts.Select(at => Time.GetElapsedTime(_lost, at))];
    }

    /// <summary>From now on attempts count.</summary>
    public void BeginOutage()
    {
        _moved?.Forget();
        _attempts.Clear();
        _lost = Time.GetTimestamp();
    }

    /// <summary>Until it is connected again.</summary>
    public Task ComeBackAsync()
    {
        var connected = _states.WaitForAsync(BrokerConnectionState.Connected, after: _states.Changes.Count - 1, TimeSpan.FromSeconds(60));
        return _moved?.PassUntilAsync(connected) ?? connected;
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
