using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>The options of a broker's consumers: those in code, and upon them those below <c>Consumers:&lt;queue&gt;</c>.</summary>
internal static class ConsumerSettings
{
    // Less than the 30 seconds that a host takes to stop by default: what comes after the consumers needs time too.
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(25);

    /// <summary>One for each of the consumers, checked.</summary>
    /// <exception cref="OptionsValidationException">Options cannot work, or a key names no consumer.</exception>
    public static IReadOnlyList<ConsumerOptions> Read(
        BrokerRegistration broker, IReadOnlyList<ConsumerRegistration> consumers, IEnumerable<BrokerSource> sources)
    {
        var failures = new List<string>();
        var options = consumers.Select(consumer =>
        {
            var own = new ConsumerOptions { DrainTimeout = s_drainTimeout };
            consumer.Configure?.Invoke(own);
            return own;
        }).ToList();
        foreach (var source in sources.Where(static source => source.HasKeys))
        {
            foreach (var child in source.Section.GetSection(BrokerKeys.Consumers).GetChildren())
            {
                var found = consumers.Index().Where(each => each.Item.Queue.Equals(child.Key, StringComparison.OrdinalIgnoreCase)).ToList();
                if (found.Count == 0)
                    failures.Add($"There is no consumer of a queue for '{child.Path}'. Queues with consumers are "
                        + $"{string.Join(", ", consumers.Select(static consumer => consumer.Queue).Distinct())}.");
                foreach (var (index, _) in found)
                    ConsumerKeys.Table.Bind(child, options[index], failures);
            }
        }

        if (failures.Count == 0)
        {
            foreach (var (index, consumer) in consumers.Index())
                Check(options[index], consumer, sources, failures);
        }

        return failures.Count == 0
            ? options
            : throw new OptionsValidationException(broker.Name, typeof(ConsumerOptions), failures.Distinct());
    }

    private static void Check(
        ConsumerOptions options, ConsumerRegistration consumer, IEnumerable<BrokerSource> sources, List<string> failures)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentException wrong)
        {
            var sections = sources.Select(source => source.Section.GetSection(BrokerKeys.Consumers).GetSection(consumer.Queue));
            failures.Add($"The consumer of '{consumer.Queue}': {NamedKeys.In(sections, wrong.Message)}");
        }
    }
}
