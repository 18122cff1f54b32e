using Broker.Client.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Broker.Client.Tests.Rpc;

/// <summary>Which overload of ServeAsync and CallAsync a call binds to, asked of the compiler.</summary>
public sealed class ServerShapeTests
{
    private const string Task = "System.Func<Broker.Client.Delivery, System.Threading.Tasks.Task<Broker.Client.Message>>";
    private const string TaskWithToken = "System.Func<Broker.Client.Delivery, System.Threading.CancellationToken, System.Threading.Tasks.Task<Broker.Client.Message>>";
    private const string ValueTask = "System.Func<Broker.Client.Delivery, System.Threading.Tasks.ValueTask<Broker.Client.Message>>";
    private const string ValueTaskWithToken = "System.Func<Broker.Client.Delivery, System.Threading.CancellationToken, System.Threading.Tasks.ValueTask<Broker.Client.Message>>";
    private const string Synchronous = "System.Func<Broker.Client.Delivery, Broker.Client.Message>";
    private const string Json = "System.Func<string?, System.Threading.CancellationToken, System.Threading.Tasks.Task<int>>";

    [Theory]
    [InlineData("d => \"text\"", Synchronous)]
    [InlineData("d => new byte[] { 1 }", Synchronous)]
    [InlineData("d => Message.FromText(d.GetText())", Synchronous)]
    [InlineData("d => { return d.Redelivered ? \"a\" : \"b\"; }", Synchronous)]
    [InlineData("async d => { await System.Threading.Tasks.Task.Yield(); return \"text\"; }", Task)]
    [InlineData("async d => (await broker.CallAsync(\"q\", d.GetText())).GetText()", Task)]
    [InlineData("d => System.Threading.Tasks.Task.FromResult<Message>(\"text\")", Task)]
    [InlineData("d => throw new Exception()", Task)]
    [InlineData("async (d, ct) => { await System.Threading.Tasks.Task.Delay(1, ct); return \"text\"; }", TaskWithToken)]
    [InlineData("(d, ct) => throw new Exception()", TaskWithToken)]
    [InlineData("async (Delivery d, CancellationToken ct) => \"text\"", TaskWithToken)]
    [InlineData("d => new ValueTask<Message>(\"text\")", ValueTask)]
    [InlineData("(d, ct) => new ValueTask<Message>(\"text\")", ValueTaskWithToken)]
    [InlineData("(string? text, CancellationToken ct) => System.Threading.Tasks.Task.FromResult(1)", Json)]
    public void A_handler_binds_to_its_shape(string shape, string expected)
    {
        var (method, errors) = Compile($"broker.ServeAsync(\"queue\", {shape})");

        Assert.Empty(errors);
        Assert.Equal(expected, method!.Parameters.Single(parameter => parameter.Name == "handler").Type.ToDisplayString());
    }

    [Theory]
    [InlineData("(Delivery d, CancellationToken ct) => System.Threading.Tasks.Task.FromResult(\"text\")")]
    [InlineData("TextOfDelivery")]
    public void A_handler_of_deliveries_is_never_taken_for_one_of_JSON(string shape)
    {
        Assert.Equal("CS0619", Assert.Single(Compile($"broker.ServeAsync(\"queue\", {shape})").Errors).Id);
    }

    [Theory]
    [InlineData("\"q\", \"text\"", "queue")]
    [InlineData("\"q\", \"text\", TimeSpan.Zero", "queue")]
    [InlineData("\"q\", new byte[1], TimeSpan.Zero, CancellationToken.None", "queue")]
    [InlineData("\"x\", \"key\", \"text\"", "exchange")]
    [InlineData("\"x\", \"key\", new Message(), TimeSpan.Zero, CancellationToken.None", "exchange")]
    public void A_call_is_to_a_queue_or_through_an_exchange(string arguments, string first)
    {
        var (method, errors) = Compile($"broker.CallAsync({arguments})");

        Assert.Empty(errors);
        Assert.Equal(first, method!.Parameters[0].Name);
    }

    private static (IMethodSymbol? Method, Diagnostic[] Errors) Compile(string call)
    {
        var tree = Compiling.Parse($$"""
            using Broker.Client;

            static class Shapes
            {
                static Task<string> TextOfDelivery(Delivery delivery, CancellationToken token) => Task.FromResult("");
                static object Made(BrokerClient broker) => {{call}};
            }
            """, "Shape.cs");
        var compilation = Compiling.Library([tree]);
        var invocation = tree.GetRoot().DescendantNodes().OfType<ArrowExpressionClauseSyntax>()
            .Last(arrow => arrow.Parent is MethodDeclarationSyntax).Expression;
        var method = compilation.GetSemanticModel(tree).GetSymbolInfo(invocation).Symbol as IMethodSymbol;
        return (method, [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)]);
    }
}
