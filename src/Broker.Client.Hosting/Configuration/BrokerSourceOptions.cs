using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>Brings what the configuration says into the options of its broker and of its host, and checks them.</summary>
internal sealed class BrokerSourceOptions(BrokerSource source)
    : IConfigureNamedOptions<BrokerOptions>, IValidateOptions<BrokerOptions>, IConfigureNamedOptions<BrokerHostingOptions>
{
    public void Configure(string? name, BrokerOptions options)
    {
        if (name == source.Name)
            source.Bind(options); // what is wrong is told by the validation
    }

    public void Configure(BrokerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, BrokerHostingOptions options)
    {
        if (name == source.Name && source.HasKeys)
            BrokerKeys.Hosting.BindKnown(source.Section, options, []);
    }

    public void Configure(BrokerHostingOptions options) => Configure(Options.DefaultName, options);

    public ValidateOptionsResult Validate(string? name, BrokerOptions options)
    {
        if (name != source.Name)
            return ValidateOptionsResult.Skip;
        var failures = source.Bind(new BrokerOptions()).ToList();
        if (source.Missing(options) is { } missing)
            failures.Add(missing);
        if (source.HasKeys)
            BrokerKeys.Hosting.BindKnown(source.Section, new BrokerHostingOptions(), failures);
        if (failures.Count == 0)
        {
            try
            {
                options.Validate();
            }
            catch (ArgumentException wrong)
            {
                failures.Add(NamedKeys.In([source.Section], wrong.Message));
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
