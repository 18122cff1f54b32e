using Broker.Client.Hosting.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting.Tests.Configuration;

public sealed class ConnectionStringTests
{
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(new());

    [Fact]
    public void The_uri_is_the_connection_string_and_the_section_of_the_same_name_has_the_rest()
    {
        Add(("ConnectionStrings:broker", "amqp://ann:s3cret@one"), ("Broker:ClientName", "billing"));
        _builder.AddBroker();

        var options = Configured.Options(_builder.Services);

        Assert.Equal(("one", "ann", "s3cret", "billing"), (options.Endpoints[0].Host, options.UserName, options.Password, options.ClientName));
    }

    [Fact]
    public void Either_of_the_two_will_do()
    {
        Add(("ConnectionStrings:east", "amqp://one"), ("West:Uri", "amqp://two"));
        _builder.AddBroker("east");
        _builder.AddKeyedBroker("west");

        string[] names = ["", "west"];
        Assert.Equal(["one", "two"], names.Select(name => Configured.Options(_builder.Services, name).Endpoints[0].Host));
    }

    [Fact]
    public void A_configuration_that_comes_after_the_registration_counts()
    {
        _builder.AddBroker();
        Add(("ConnectionStrings:broker", "amqp://late"));

        Assert.Equal("late", Configured.Options(_builder.Services).Endpoints[0].Host);
    }

    [Fact]
    public void Neither_of_the_two_is_told_by_both_names()
    {
        _builder.AddBroker();

        var error = Assert.Throws<OptionsValidationException>(() => Configured.Options(_builder.Services));

        Assert.Equal("There is neither 'ConnectionStrings:broker' nor a section 'broker'.", error.Message);
    }

    [Fact]
    public void Two_uris_are_one_too_many()
    {
        Add(("ConnectionStrings:broker", "amqp://one"), ("Broker:Uri", "amqp://two"));
        _builder.AddBroker();

        var error = Assert.Throws<OptionsValidationException>(() => Configured.Options(_builder.Services));

        Assert.Equal("There are two URIs, 'ConnectionStrings:broker' and 'broker:Uri': leave one of them out.", error.Message);
    }

    [Fact]
    public void A_connection_string_that_is_wrong_is_told_by_its_key_and_without_its_password()
    {
        Add(("ConnectionStrings:broker", "amqp://ann:c4nary@one:port"));
        _builder.AddBroker();

        var error = Assert.Throws<OptionsValidationException>(() => Configured.Options(_builder.Services));

        Assert.StartsWith("ConnectionStrings:broker: The port of 'one:port' must be", error.Message, StringComparison.Ordinal);
    }

    private void Add(params (string Key, string Value)[] values) =>
        _builder.Configuration.AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value)));
}
