using System.Text.RegularExpressions;

namespace Broker.Client.IntegrationTests.Recipes;

/// <summary>What the page of recipes shows is what was compiled, and has run.</summary>
public sealed partial class RecipePageTests
{
    [Fact]
    public void Every_block_of_the_page_is_the_body_of_a_test_and_every_test_is_on_the_page()
    {
        var source = Normal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "TestingRecipes.cs")));
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "RECIPES.md"));

        var blocks = Block().Matches(page).Select(match => Normal(match.Groups["code"].Value)).ToList();

        Assert.Equal(Fact().Count(source), blocks.Count);
        Assert.All(blocks, block => Assert.Contains(block, source, StringComparison.Ordinal));
    }

    // The page is not indented, and calls the limit of a wait what it is.
    private static string Normal(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)).Replace("s_soon", "soon", StringComparison.Ordinal)
            .Replace("BROKER_URI_OF_THE_RECIPES", "BROKER_URI", StringComparison.Ordinal);

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\[Fact\]$", RegexOptions.Multiline)]
    private static partial Regex Fact();
}
