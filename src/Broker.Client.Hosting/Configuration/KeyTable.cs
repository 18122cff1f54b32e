using System.Collections;
using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>
/// The keys that a section of the configuration may have, and what each of them sets. By hand and not by reflection, for
/// native AOT; a key that is not in the table is an error that lists those that are.
/// </summary>
internal sealed class KeyTable<TOptions> : IEnumerable<string>
{
    private readonly SortedDictionary<string, Action<TOptions, IConfigurationSection, ICollection<string>>> _keys =
        new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A key with one value.</summary>
    public void Add(string key, Action<TOptions, ConfiguredValue> set) => Add(key, (options, section, failures) =>
    {
        try
        {
            set(options, new ConfiguredValue(section));
        }
        catch (FormatException wrong)
        {
            failures.Add(wrong.Message);
        }
        catch (ArgumentException wrong)
        {
            failures.Add($"{section.Path}: {wrong.Message}");
        }
    });

    /// <summary>A key with keys below it.</summary>
    public void Add<TInner>(string key, Func<TOptions, TInner> inner, KeyTable<TInner> table) =>
        Add(key, (options, section, failures) => table.Bind(section, inner(options), failures));

    /// <summary>A key of any shape.</summary>
    public void Add(string key, Action<TOptions, IConfigurationSection, ICollection<string>> bind) => _keys.Add(key, bind);

    /// <summary>A key that someone else reads.</summary>
    public void Add(string key) => Add(key, static (_, _, _) => { });

    /// <summary>Sets what is there, and adds what is wrong to the failures. Nothing, and JSON's null, leave an option alone.</summary>
    public void Bind(IConfigurationSection section, TOptions options, ICollection<string> failures)
    {
        if (section.Value is { Length: > 0 })
            failures.Add($"{section.Path} has keys of its own, and no value: {List()}.");
        foreach (var child in section.GetChildren().Where(child => !_keys.ContainsKey(child.Key)))
            failures.Add($"There is no key '{child.Path}'. Valid in '{section.Path}' are {List()}.");
        BindKnown(section, options, failures);
    }

    /// <summary>As <see cref="Bind"/>, of a section that has keys of others too.</summary>
    public void BindKnown(IConfigurationSection section, TOptions options, ICollection<string> failures)
    {
        foreach (var child in section.GetChildren())
        {
            if (_keys.TryGetValue(child.Key, out var bind) && child.Exists())
                bind(options, child, failures);
        }
    }

    public IEnumerator<string> GetEnumerator() => _keys.Keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string List() => string.Join(", ", _keys.Keys);
}
