namespace Broker.Client.Testing.Tests.Server;

public sealed class TargetTests
{
    [Fact]
    public async Task It_is_a_test_broker_unless_a_variable_names_a_real_one()
    {
        var variable = $"BROKER_OF_{Guid.NewGuid():n}";
        await using (var own = await TestTarget.StartAsync(variable, new() { Profile = BrokerProfile.V4_0 }))
            Assert.Equal(own.Broker!.Uri, own.Uri);

        Environment.SetEnvironmentVariable(variable, "amqp://rabbit.example:1234");
        await using var real = await TestTarget.StartAsync(variable);

        Assert.Equal((new Uri("amqp://rabbit.example:1234"), null), (real.Uri, real.Broker));
        Environment.SetEnvironmentVariable(variable, null);
    }
}
