namespace Broker.Client.Testing.Tests.Protocol;

public sealed class MethodTests
{
    public static TheoryData<string> Names => [.. Samples.Methods.Select(method => method.Name)];

    [Fact]
    public void There_is_a_sample_of_each_of_the_66_methods()
    {
        Assert.Equal(66, Samples.Methods.Select(method => method.Name).Distinct().Count());
        Assert.Equal(MethodTable.Names.Order(), Samples.Methods.Select(method => method.Name).Order());
    }

    [Theory, MemberData(nameof(Names))]
    public void A_method_that_is_written_reads_back_the_same(string name)
    {
        var method = Samples.Methods.Single(sample => sample.Name == name);
        var bytes = Samples.Bytes(method);

        var read = Method.Read(bytes);

        Assert.IsType(method.GetType(), read);
        Assert.Equal(Facts(method), Facts(read));
        Assert.Equal(bytes, Samples.Bytes(read));
        Assert.Equal(name, MethodTable.NameOf(bytes));
    }

    [Fact]
    public void An_unknown_method_is_503_and_leftover_bytes_are_502()
    {
        Assert.Equal(503, Assert.Throws<AmqpSyntaxException>(() => Method.Read([0, 60, 0, 41])).ReplyCode);
        Assert.Equal(502, Assert.Throws<AmqpSyntaxException>(() => Method.Read([0, 60, 0, 11, 0])).ReplyCode);
    }

    [Fact]
    public void A_reply_text_that_is_too_long_is_cut_at_a_character()
    {
        var text = string.Concat(Enumerable.Repeat("ü", 200));
        var read = (ChannelClose)Method.Read(Samples.Bytes(new ChannelClose(404, text, 0, 0)));
        Assert.Equal(127, read.ReplyText.Length);
        Assert.StartsWith(read.ReplyText, text, StringComparison.Ordinal);
    }

    // Records compare tables and byte arrays by reference; their text is enough beside the bytes.
    private static string Facts(Method method) => string.Join(", ", method.GetType().GetProperties()
        .Where(property => property.PropertyType != typeof(IReadOnlyDictionary<string, object?>))
        .Select(property => $"{property.Name}={Text(property.GetValue(method))}"));

    private static string? Text(object? value) =>
        value is byte[] bytes ? Convert.ToHexString(bytes) : value?.ToString();
}
