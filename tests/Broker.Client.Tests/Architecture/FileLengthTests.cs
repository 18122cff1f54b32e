namespace Broker.Client.Tests.Architecture;

public sealed class FileLengthTests
{
    private const int MostLines = 400;

    [Fact]
    public void No_source_file_is_longer_than_400_lines()
    {
        var tooLong =
            from source in LibrarySources.Read().Concat(LibrarySources.Read("Broker.Client.Hosting"))
            let lines = source.Value.AsSpan().Count('\n')
            where lines > MostLines
            select $"{source.Key} has {lines} lines: it is more than one idea";

        Assert.Empty(tooLong);
    }
}
