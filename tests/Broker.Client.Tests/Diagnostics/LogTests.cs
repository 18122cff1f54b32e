using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Tests.Diagnostics;

public sealed partial class LogTests
{
    private static readonly (string Name, LoggerMessageAttribute Event)[] s_events =
        [.. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(each => each.Event is not null)
            .Select(each => (each.Name, each.Event!))];

    [Fact]
    public void Every_event_has_an_id_of_its_own()
    {
        var shared = s_events.GroupBy(each => each.Event.EventId).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(each => each.Name))}");

        Assert.NotEmpty(s_events);
        Assert.Empty(shared);
    }

    [Fact]
    public void Every_id_is_in_a_block_of_an_area()
    {
        var outside = s_events.Where(each => each.Event.EventId is < 1000 or >= 8000).Select(each => $"{each.Name} {each.Event.EventId}");

        Assert.Empty(outside);
    }

    [Theory]
    [InlineData("Connection/", 1000)]
    [InlineData("Topology/", 2000)]
    [InlineData("Publishing/", 3000)]
    [InlineData("Consuming/", 4000)]
    [InlineData("Rpc/", 5000)]
    [InlineData("Diagnostics/", 6000)]
    [InlineData("Streams/", 7000)]
    public void A_folder_logs_only_events_of_its_own_block(string folder, int block)
    {
        var sources = Architecture.LibrarySources.Read().Where(source => source.Key.StartsWith(folder, StringComparison.Ordinal));

        var foreign =
            from source in sources
            from use in Use().Matches(source.Value)
            join used in s_events on use.Groups[1].Value equals used.Name
            where used.Event.EventId / 1000 != block / 1000
            select $"{source.Key} logs {used.Name} {used.Event.EventId}";

        Assert.Empty(foreign);
    }

    [Fact]
    public void No_event_names_a_secret_or_a_payload()
    {
        var telling = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .SelectMany(method => method.GetParameters(), (method, parameter) => $"{method.Name}({parameter.Name})")
            .Where(name => Secret().IsMatch(name[name.IndexOf('(', StringComparison.Ordinal)..]));

        Assert.Empty(telling);
    }

    [GeneratedRegex(@"\bLog\.(\w+)\(")]
    private static partial Regex Use();

    [GeneratedRegex("password|secret|token|body|payload|headers|credentials", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
