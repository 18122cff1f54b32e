using System.Text.RegularExpressions;
using Broker.Client.Tests.Architecture;
using Broker.Client.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Broker.Client.Tests.Docs;

/// <summary>What the README shows is code that people paste: it compiles, and it names members that exist.</summary>
public sealed partial class ReadmeTests
{
    private const string Root = "README.md";

    // What a project with Microsoft.NET.Sdk.Web has by itself, and what the snippets of a package call by name and do not show.
    private const string Presumed = """
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using Broker.Client.Hosting;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Mvc.Testing;
        global using Microsoft.AspNetCore.TestHost;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Presumed;

        namespace Presumed
        {
            public sealed record Order(int Id, string Item);

            public sealed class Warehouse
            {
                public Task ShipAsync(Order order, CancellationToken cancellationToken) => Task.CompletedTask;
            }

            public sealed class OrderBatchHandler : IBatchHandler<Order>
            {
                public Task HandleAsync(
                    IReadOnlyList<Order> messages, IReadOnlyList<Broker.Client.Delivery> deliveries, CancellationToken cancellationToken) => Task.CompletedTask;
            }

            public sealed class Tenant
            {
                public string? Name { get; set; }
            }

            public sealed class SignatureFilter : Broker.Client.IPublishFilter
            {
                public ValueTask<Broker.Client.PublishResult> PublishAsync(
                    Broker.Client.Publication publication, Broker.Client.PublishNext next, CancellationToken cancellationToken) => next(publication, cancellationToken);
            }
        }
        """;

    public static TheoryData<string, int, string> Snippets
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            foreach (var readme in Readmes())
            {
                foreach (var (index, match) in CSharpBlock().Matches(Read(readme)).Index())
                    data.Add(readme, index + 1, match.Groups["code"].Value);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Every_snippet_compiles(string readme, int number, string code)
    {
        // A snippet that shows what goes inside of a program stands on its own all the same.
        var program = code.Contains("using Broker.Client;", StringComparison.Ordinal) ? code : $"using Broker.Client;\n{code}";
        SyntaxTree[] trees = readme == Root
            ? [Compiling.Parse(program, $"{readme} snippet {number}")]
            : [Compiling.Parse(WithBuilder(program), $"{readme} snippet {number}"), Compiling.Parse(Presumed, "Presumed.cs")];

        var errors = CSharpCompilation.Create(
                $"Snippet{number}",
                Compiling.Library(trees).SyntaxTrees,
                Compiling.Library([]).References,
                new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable))
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

        Assert.Empty(errors);
    }

    [Fact]
    public void There_are_snippets_to_compile() =>
        Assert.Equal(Readmes().Order(), Snippets.Select(snippet => snippet.Data.Item1).Distinct().Order());

    [Fact]
    public void Every_member_that_the_table_for_pika_names_exists()
    {
        var members = typeof(BrokerClient).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMembers().Select(member => member.Name).Append(type.Name)).ToHashSet(StringComparer.Ordinal);
        var table = Read(Root).Split("## Coming from pika")[1].Split("\n## ")[0];
        var ours = table.Split('\n').Where(row => row.StartsWith("| ", StringComparison.Ordinal)).Select(row => row.Split('|')[2]);

        var named = ours.SelectMany(cell => Name().Matches(cell).Select(match => match.Value)).Distinct().ToList();

        Assert.True(named.Count > 40, $"Only {named.Count} names were found.");
        Assert.DoesNotContain(named, name => !members.Contains(name));
    }

    // That of the repository, which is the client's too, and those of the other packages.
    private static IEnumerable<string> Readmes() =>
    [
        Root,
        .. Directory.EnumerateFiles(Path.Combine(LibrarySources.Repository(), "src"), Root, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(path => Path.GetRelativePath(LibrarySources.Repository(), path)),
    ];

    private static string Read(string readme) => File.ReadAllText(Path.Combine(LibrarySources.Repository(), readme));

    // After the usings, where the snippet has none of its own.
    private static string WithBuilder(string program)
    {
        if (program.Contains("var builder =", StringComparison.Ordinal))
            return program;
        var last = Using().Matches(program)[^1]; // of Broker.Client at least
        var end = last.Index + last.Length;
        return $"{program[..end]}\nvar builder = WebApplication.CreateBuilder();\nvar app = builder.Build();\n{program[end..]}";
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex("^using [^;(]*;", RegexOptions.Multiline)]
    private static partial Regex Using();

    // A word in backticks that begins with a capital and has a small letter: a type or a member, not AMQP's own names.
    [GeneratedRegex(@"(?<=`[^`]*)\b[A-Z][a-z]\w+(?:Async)?\b(?=[^`]*`)")]
    private static partial Regex Name();
}
