using System.Runtime.CompilerServices;

namespace Broker.Client.Tests.Architecture;

/// <summary>The sources of a library, by their path below its folder, with forward slashes.</summary>
internal static class LibrarySources
{
    private const string Solution = "Broker.Client.sln";

    public static IReadOnlyDictionary<string, string> Read(string library = "Broker.Client")
    {
        var root = Path.Combine(Repository(), "src", library);
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(root, path).Replace('\\', '/')))
            .Where(file => !file.Name.StartsWith("obj/", StringComparison.Ordinal) && !file.Name.StartsWith("bin/", StringComparison.Ordinal))
            .ToDictionary(file => file.Name, file => File.ReadAllText(file.Path));
    }

    // A deterministic build maps the paths of the sources; the folder that the tests run from is never mapped.
    public static string Repository([CallerFilePath] string here = "") =>
        Above(AppContext.BaseDirectory) ?? Above(here) ?? throw new InvalidOperationException($"No {Solution} above the tests.");

    private static string? Above(string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, Solution)))
                return folder;
        }

        return null;
    }
}
