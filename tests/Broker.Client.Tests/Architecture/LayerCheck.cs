using Broker.Client.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Broker.Client.Tests.Architecture;

/// <summary>Reads sources, by their path below the library's folder, and says where they break the table of layers.</summary>
internal sealed class LayerCheck
{
    private const string Driver = "RabbitMQ.Client";

    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    private readonly Layer[] _layers;

    /// <param name="sources">Those of the library.</param>
    /// <param name="layers">Its table.</param>
    /// <param name="library">Its name.</param>
    public LayerCheck(IReadOnlyDictionary<string, string> sources, Layer[]? layers = null, string library = "Broker.Client")
    {
        _layers = layers ?? Layers.All;
        _trees = sources.ToDictionary(source => source.Key, source => Compiling.Parse(source.Value, source.Key));
        _compilation = Compiling.Library(_trees.Values, without: library);
    }

    private string Table => _layers == Layers.All ? "Architecture/Layers.cs" : "Architecture/HostingLayers.cs";

    public IEnumerable<string> Breaches() =>
        Unplaced().Concat(Missing()).Concat(_trees.Keys.Order(StringComparer.Ordinal).SelectMany(Breaches)).Distinct();

    private Layer? LayerOf(string file) => _layers.SingleOrDefault(layer => layer.Files.Contains(file));

    private IEnumerable<string> Unplaced() =>
        from file in _trees.Keys
        let layers = _layers.Where(layer => layer.Files.Contains(file)).ToArray()
        where layers.Length != 1
        select layers.Length == 0
            ? $"{file} is in no layer: add it to one in {Table}"
            : $"{file} is in several layers: {string.Join(", ", layers.Select(layer => layer.Name))}";

    private IEnumerable<string> Missing() =>
        from file in _layers.SelectMany(layer => layer.Files)
        where !_trees.ContainsKey(file)
        select $"{file} is in {Table}, and there is no such file";

    private IEnumerable<string> Breaches(string file)
    {
        if (LayerOf(file) is not { } layer)
            yield break;
        var model = _compilation.GetSemanticModel(_trees[file]);
        var names = _trees[file].GetRoot().DescendantNodes(node => !IsNameOnly(node)).OfType<SimpleNameSyntax>();
        foreach (var name in names)
        {
            if (model.GetSymbolInfo(name).Symbol is not { } symbol)
                continue;
            var type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
            if ((type?.ContainingAssembly ?? symbol.ContainingAssembly)?.Name == Driver && !layer.NamesTheDriver)
                yield return $"{file} ({layer.PartOf}) uses {Driver}: only the edge may";
            if (type is null)
                continue;
            var space = type.ContainingNamespace.ToDisplayString();
            if (layer.MayNotName.Contains(space))
                yield return $"{file} ({layer.PartOf}) uses {type.Name} of {space}";
            foreach (var where in type.OriginalDefinition.DeclaringSyntaxReferences.Select(reference => reference.SyntaxTree.FilePath))
            {
                if (where != file && LayerOf(where) is { } other && !IsAllowed(layer, file, other, where))
                    yield return $"{file} ({layer.PartOf}) uses {type.Name} ({other.PartOf})";
            }
        }
    }

    private static bool IsAllowed(Layer layer, string file, Layer other, string where) =>
        layer.MayUse.Contains(other.PartOf)
        || layer.MayUse.Contains(where)
        || (layer.MayUse.Contains("same folder") && other.PartOf == layer.PartOf && Path.GetDirectoryName(where) == Path.GetDirectoryName(file));

    // nameof(X) and typeof(X) take a name, for a message, and no behaviour.
    private static bool IsNameOnly(SyntaxNode node) =>
        node is TypeOfExpressionSyntax or InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.ValueText: "nameof" } };
}
