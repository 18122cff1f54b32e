using Broker.Client.IntegrationTests.Security;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// The test broker of Broker.Client.Testing, in this process. Where a test passes here and fails on RabbitMQ of the same version, or the other way
/// round, the test broker is wrong.
/// </summary>
internal sealed class InProcessBroker : BrokerUnderTest
{
    private readonly TestBroker _broker;
    private readonly BrokerProfile _profile;
    private readonly InProcessControl _control;

    private InProcessBroker(TestBroker broker, BrokerProfile profile) => (_broker, _profile, _control) = (broker, profile, new(broker));

    public override Uri Uri => _broker.Uri;

    public override string Description => $"the test broker in this process, profile {_profile}, on port {Port}";

    /// <param name="profile">4.3, which is also the default, 4.0 or 3.10.</param>
    public static async Task<BrokerUnderTest> StartAsync(string? profile)
    {
        var chosen = profile switch
        {
            null or "4.3" => BrokerProfile.V4_3,
            "4.0" => BrokerProfile.V4_0,
            "3.10" => BrokerProfile.V3_10,
            _ => throw new InvalidOperationException($"BROKER_PROFILE is 4.3, 4.0 or 3.10, not '{profile}'."),
        };
        var port = LoopbackPort.Free();
        var broker = new InProcessBroker(await TestBroker.StartAsync(new() { Port = port, Profile = chosen, Password = SecretWatch.Password }), chosen);
        await broker.WaitUntilReadyAsync(() => "The test broker answers no connection.");
        return broker;
    }

    public override string? Lacks(BrokerNeed need) => need switch
    {
        BrokerNeed.Process => "TestBroker keeps its messages in this process: there is none of its own to kill, to start again or to pause.",
        BrokerNeed.Cluster => "TestBroker is one node.",
        _ => null,
    };

    public override Task CloseAllConnectionsAsync() => _broker.CloseAllConnectionsAsync();

    public override Task RaiseMemoryAlarmAsync()
    {
        _broker.Block("low on memory");
        return Task.CompletedTask;
    }

    public override Task ClearMemoryAlarmAsync()
    {
        _broker.Unblock();
        return Task.CompletedTask;
    }

    public override Task KillAsync() => throw Lacking(BrokerNeed.Process);

    public override Task StartAgainAsync() => throw Lacking(BrokerNeed.Process);

    public override Task PauseAsync() => throw Lacking(BrokerNeed.Process);

    public override Task ResumeAsync() => throw Lacking(BrokerNeed.Process);

    public override Task<string> ControlAsync(params string[] arguments) => _control.RunAsync(arguments);

    public override Task AddUserAsync(string name, string password) => ControlAsync("add_user", name, password);

    public override Task SetConsumerTimeoutAsync(TimeSpan timeout, int channelTick, int quorumTick)
    {
        _broker.ConsumerTimeout = timeout;
        return Task.CompletedTask;
    }

    public override Task SetMaxMessageBytesAsync(int most)
    {
        _broker.MaxMessageBytes = most;
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => _broker.DisposeAsync();

    private InvalidOperationException Lacking(BrokerNeed need) => new($"{Lacks(need)} Call Require first.");
}
