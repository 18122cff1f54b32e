using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Broker.Client.Hosting.Tests.Diagnostics;

public sealed partial class HostingLogTests
{
    private static readonly MethodInfo[] s_lines =
        [.. typeof(HostingLog).GetMethods().Where(static method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)];

    [Fact]
    public void Every_line_has_an_id_of_its_own_in_the_block_of_hosting()
    {
        var ids = s_lines.Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId).ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(ids, static id => Assert.InRange(id, 6000, 6999));
    }

    [Fact]
    public void No_line_names_a_secret_or_a_payload()
    {
        var telling = s_lines.SelectMany(static method => method.GetParameters()).Where(static parameter => Secret().IsMatch(parameter.Name!));

        Assert.Empty(telling);
    }

    [GeneratedRegex("password|secret|token|body|payload|headers|credentials", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
