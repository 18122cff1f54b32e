using System.Text.RegularExpressions;
using Broker.Client.Tests.Architecture;
using Broker.Client.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Broker.Client.Tests.Docs;

/// <summary>What the README shows is code that people paste: it compiles, and it names members that exist.</summary>
public sealed partial class ReadmeTests
{
    public static TheoryData<int, string> Snippets
    {
        get
        {
            var data = new TheoryData<int, string>();
            var index = 0;
            foreach (Match match in CSharpBlock().Matches(Readme()))
                data.Add(++index, match.Groups["code"].Value);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Every_snippet_compiles(int number, string code)
    {
        // A snippet that shows what goes inside of a program stands on its own all the same.
        var program = code.Contains("using Broker.Client;", StringComparison.Ordinal) ? code : $"using Broker.Client;\n{code}";

        var errors = CSharpCompilation.Create(
                $"Snippet{number}",
                Compiling.Library([Compiling.Parse(program, $"README.md snippet {number}")]).SyntaxTrees,
                Compiling.Library([]).References,
                new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable))
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

        Assert.Empty(errors);
    }

    [Fact]
    public void There_are_snippets_to_compile() => Assert.True(Snippets.Count >= 3);

    [Fact]
    public void Every_member_that_the_table_for_pika_names_exists()
    {
        var members = typeof(BrokerClient).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMembers().Select(member => member.Name).Append(type.Name)).ToHashSet(StringComparer.Ordinal);
        var table = Readme().Split("## Coming from pika")[1].Split("\n## ")[0];
        var ours = table.Split('\n').Where(row => row.StartsWith("| ", StringComparison.Ordinal)).Select(row => row.Split('|')[2]);

        var named = ours.SelectMany(cell => Name().Matches(cell).Select(match => match.Value)).Distinct().ToList();

        Assert.True(named.Count > 40, $"Only {named.Count} names were found.");
        Assert.DoesNotContain(named, name => !members.Contains(name));
    }

    private static string Readme() => File.ReadAllText(Path.Combine(LibrarySources.Repository(), "README.md"));

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    // A word in backticks that begins with a capital and has a small letter: a type or a member, not AMQP's own names.
    [GeneratedRegex(@"(?<=`[^`]*)\b[A-Z][a-z]\w+(?:Async)?\b(?=[^`]*`)")]
    private static partial Regex Name();
}
