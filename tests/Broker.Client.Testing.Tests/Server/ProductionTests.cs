namespace Broker.Client.Testing.Tests.Server;

public sealed class ProductionTests
{
    [Theory]
    [InlineData("DOTNET_ENVIRONMENT", "Production")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "production")]
    public void A_broker_does_not_start_in_production(string variable, string value)
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => TestBroker.RefuseProduction(name => name == variable ? value : null));

        Assert.Contains(variable, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Development")]
    public void Elsewhere_it_does(string? value) => TestBroker.RefuseProduction(_ => value);
}
