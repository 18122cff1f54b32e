using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Broker.Client.Tests.Support;

/// <summary>Source text compiled in memory, with the same references and global usings as a project of ours.</summary>
internal static class Compiling
{
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.CSharp14);

    private static readonly MetadataReference[] s_references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != "Broker.Client.Tests")
            .Select(path => MetadataReference.CreateFromFile(path))];

    public static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, s_parsing, path);

    /// <summary>A library; <paramref name="without"/> is an assembly that is not to be referred to, because its own sources are compiled.</summary>
    public static CSharpCompilation Library(IEnumerable<SyntaxTree> trees, string? without = null) =>
        CSharpCompilation.Create(
            "Compiled",
            [Parse(GlobalUsings, "GlobalUsings.cs"), .. trees],
            s_references.Where(reference => Path.GetFileNameWithoutExtension(reference.Display) != without),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
}
